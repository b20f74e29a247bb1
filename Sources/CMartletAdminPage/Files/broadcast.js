// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Sending an event to many.
import { byID, element, inFull, prepareDialog } from "./page.js";

const toastMilliseconds = 5000;
const namespacesOffered = 50;

export class Broadcast {
    #connection;
    #overview;
    #dialog = byID("broadcast");
    #toast;

    constructor(connection, overview) {
        this.#connection = connection;
        this.#overview = overview;
        prepareDialog(this.#dialog);
        byID("open-broadcast").addEventListener("click", () => this.#open());
        byID("broadcast-arguments").addEventListener("input", () => this.#check());
        byID("broadcast-form").addEventListener("submit", (event) => {
            event.preventDefault();
            this.#send();
        });
    }

    close() {
        this.#dialog.close();
    }

    async #open() {
        byID("broadcast-namespace").value = this.#overview.namespace ?? "/";
        byID("broadcast-room").value = this.#overview.room ?? "";
        this.#complain("");
        this.#check();
        this.#dialog.showModal();
        byID("broadcast-event").focus();
        const { namespaces } = await this.#connection.ask("namespaces", { limit: namespacesOffered }).catch(() => ({ namespaces: [] }));
        byID("broadcast-namespaces").replaceChildren(...namespaces.map(({ name }) => {
            const option = element("option");
            option.value = name;
            return option;
        }));
    }

    #complain(text, field = null) {
        byID("broadcast-error").textContent = text;
        for (const each of byID("broadcast-form").querySelectorAll("input, textarea")) {
            if (each === field) each.setAttribute("aria-invalid", "true");
            else each.removeAttribute("aria-invalid");
        }
    }

    /** @returns the arguments; null if they are none */
    #check() {
        const field = byID("broadcast-arguments");
        try {
            const values = JSON.parse(field.value.trim() || "[]");
            if (!Array.isArray(values)) throw new Error("the arguments stand in square brackets, as in [1, \"two\"]");
            this.#complain("");
            return values;
        } catch (error) {
            this.#complain(`Not a JSON array: ${error.message}`, field);
            return null;
        }
    }

    async #send() {
        const values = this.#check();
        if (!values) return byID("broadcast-arguments").focus();
        for (const name of ["broadcast-namespace", "broadcast-event"]) {
            if (byID(name).value.trim()) continue;
            this.#complain(name === "broadcast-event" ? "An event has a name." : "Which namespace?", byID(name));
            return byID(name).focus();
        }
        const [namespace, event] = [byID("broadcast-namespace").value.trim(), byID("broadcast-event").value.trim()];
        const room = byID("broadcast-room").value || undefined;
        byID("broadcast-send").disabled = true;
        try {
            const { sockets } = await this.#connection.ask("broadcast", { namespace, room, event, arguments: values });
            this.#dialog.close();
            this.#say(`Sent to ${inFull(sockets)} ${sockets === 1 ? "socket" : "sockets"}`);
        } catch (error) {
            this.#complain(error.message);
        } finally {
            byID("broadcast-send").disabled = false;
        }
    }

    #say(text) {
        byID("toast").textContent = text;
        clearTimeout(this.#toast);
        this.#toast = setTimeout(() => (byID("toast").textContent = ""), toastMilliseconds);
    }
}
