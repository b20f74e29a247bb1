// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// One socket: what is known of it, and its events as they happen.
import { ageOf, byID, dateOf, element, fact, inFull, prepareDialog, timeOf, transportName } from "./page.js";

const eventsShown = 200;
const refreshMilliseconds = 3000;
const directions = { in: ["←", "from the client"], out: ["→", "to the client"] };

export class SocketView {
    #connection;
    #dialog = byID("socket");
    #confirm = byID("confirm");
    /** Its namespace and id; null: none is shown. */
    #shown = null;
    #timer;

    constructor(connection) {
        this.#connection = connection;
        connection.on("event", (socket, event) => this.#isShown(socket) && this.#addEvent(event));
        connection.on("transport", (socket) => this.#isShown(socket) && this.#refresh());
        connection.on("gone", (socket, end) => this.#isShown(socket) && this.#showEnd(end));
        // Another session of the page's is not told of the socket.
        connection.addEventListener("open", () => this.#shown && this.#refresh());
        prepareDialog(this.#dialog);
        prepareDialog(this.#confirm);
        this.#dialog.addEventListener("close", () => this.#closed());
        byID("socket-disconnect").addEventListener("click", () => this.#ask());
        byID("confirm-yes").addEventListener("click", () => this.#disconnect());
    }

    async open(namespace, id) {
        this.#shown = { namespace, id };
        for (const name of ["socket-facts", "socket-path", "socket-rooms", "socket-events"]) byID(name).replaceChildren();
        byID("socket-id").textContent = id;
        byID("socket-gone").hidden = true;
        byID("socket-disconnect").disabled = false;
        this.#dialog.showModal();
        const events = await this.#refresh();
        for (const event of events ?? []) this.#addEvent(event);
        clearInterval(this.#timer);
        this.#timer = setInterval(() => this.#refresh(), refreshMilliseconds);
    }

    close() {
        this.#confirm.close();
        this.#dialog.close();
    }

    #isShown({ namespace, id }) {
        return this.#shown?.namespace === namespace && this.#shown.id === id;
    }

    #closed() {
        clearInterval(this.#timer);
        this.#shown = null;
        if (this.#connection.isOpen) this.#connection.ask("unwatch").catch(() => {});
    }

    /** @returns the events that the server has noted */
    async #refresh() {
        const shown = this.#shown;
        if (!shown || !this.#connection.isOpen || byID("socket-disconnect").disabled) return;
        try {
            const view = await this.#connection.ask("socket", shown);
            if (shown !== this.#shown) return;
            this.#show(view);
            return view.events;
        } catch (error) {
            if (shown === this.#shown) this.#showEnd({ reason: error.message, at: Date.now() });
        }
    }

    #show({ socket, handshake, path }) {
        const facts = [
            ["Namespace", socket.namespace],
            ["Transport", transportName(socket.transport)],
            ["Address", socket.address],
            ["Connected", `${dateOf(socket.connectedAt)}, ${ageOf(socket.connectedAt)} ago`],
            ["Encrypted", handshake.isSecure ? "yes" : "no"],
            ["Host", handshake.host],
            ["Origin", handshake.origin],
            ["Browser", handshake.userAgent],
            ["Language", handshake.language],
        ];
        byID("socket-facts").replaceChildren(...facts.filter(([, text]) => text).map(([term, text]) => fact(term, text)));
        byID("socket-path").replaceChildren(...path.map(({ transport, at }) => this.#line(at, transportName(transport))));
        const more = socket.roomCount - socket.rooms.length;
        byID("socket-rooms").replaceChildren(
            ...socket.rooms.map((room) => element("li", "", room)),
            ...(more > 0 ? [element("li", "more", `and ${inFull(more)} more`)] : []),
            ...(socket.roomCount ? [] : [element("li", "more", "in no room")]),
        );
    }

    #line(at, text) {
        const line = element("li");
        line.append(element("time", "", at ? timeOf(at) : "then"), element("span", "", text));
        return line;
    }

    #addEvent({ direction, name, at, skipped }) {
        const log = byID("socket-events");
        if (skipped) log.prepend(element("li", "more", `${inFull(skipped)} events were too many to show`));
        const line = this.#line(at, name);
        const [arrow, words] = directions[direction];
        const mark = element("i", direction, arrow);
        mark.setAttribute("aria-hidden", "true");
        line.insertBefore(mark, line.lastElementChild);
        line.append(element("span", "sr", words));
        log.prepend(line);
        while (log.childElementCount > eventsShown) log.lastElementChild.remove();
    }

    #showEnd({ reason, at }) {
        clearInterval(this.#timer);
        byID("socket-gone").textContent = `Left at ${timeOf(at)}: ${reason}`;
        byID("socket-gone").hidden = false;
        byID("socket-disconnect").disabled = true;
        this.#confirm.close();
    }

    // MARK: Disconnecting

    #ask() {
        byID("confirm-namespace").textContent = this.#shown.namespace;
        byID("confirm-close").checked = false;
        byID("confirm-error").textContent = "";
        this.#confirm.showModal();
    }

    async #disconnect() {
        try {
            await this.#connection.ask("disconnect-socket", { ...this.#shown, closeConnection: byID("confirm-close").checked });
            this.#confirm.close();
        } catch (error) {
            byID("confirm-error").textContent = error.message;
        }
    }
}
