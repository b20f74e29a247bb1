// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The server's namespace of admins, for one who knows the token.
/* global io */

const answerMilliseconds = 20_000;
const refusals = ["Not authorized", "Too many attempts", "Invalid namespace"];

/**
 * Its events: `open`, at each session; `state`, when the way to the server is lost or found; `unreachable`; and `refused`,
 * with the reason as its detail.
 */
export class Connection extends EventTarget {
    #socket;
    #token = "";

    constructor({ path, namespace }) {
        super();
        const auth = (send) => send({ token: this.#token });
        this.#socket = io(namespace, { path, auth, autoConnect: false });
        this.#socket.on("connect", () => this.dispatchEvent(new Event("open")));
        this.#socket.on("disconnect", () => this.dispatchEvent(new Event("state")));
        // A session outlives its transports.
        this.#socket.io.on("transport", () => this.dispatchEvent(new Event("state")));
        this.#socket.on("connect_error", ({ message, data }) => {
            if (!refusals.includes(message)) return this.dispatchEvent(new Event("unreachable"));
            this.#socket.disconnect();
            this.dispatchEvent(new CustomEvent("refused", { detail: explain(message, data) }));
        });
    }

    get isOpen() {
        return this.#socket.connected;
    }

    get isLive() {
        return this.isOpen && Boolean(this.#socket.io.transport);
    }

    open(token) {
        this.#token = token;
        this.#socket.connect();
    }

    close() {
        this.#socket.disconnect();
    }

    on(event, listener) {
        this.#socket.on(event, listener);
    }

    /** The server's answer; fails with what the server says is wrong. */
    async ask(event, request = {}) {
        const answer = await this.#socket.timeout(answerMilliseconds).emitWithAck(event, request);
        if (answer?.error) throw new Error(answer.error.message);
        return answer;
    }
}

function explain(message, data) {
    if (message === "Too many attempts") return `Too many attempts. Try again in ${data?.retryAfter ?? 60} s.`;
    return message === "Not authorized" ? "That is not the token." : "This server has no admins here.";
}
