// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The socket, the choice of its transport, and what it counts.
/* global io */
import { remembered } from "/page.js";

export const choices = {
    auto: { label: "Auto" },
    websocket: { label: "WebSocket", note: "One connection, both ways", needs: "WebSocket" },
    sse: { label: "SSE", note: "A stream down, requests up", needs: "EventSource" },
    polling: { label: "Polling", note: "One request after another", needs: "fetch" },
};

/** Long enough for a phone in a tunnel. */
const answerMilliseconds = 10_000;

/** The choice that the page's address makes, or the last one. */
export function chosenBefore() {
    const choice = new URLSearchParams(location.search).get("transport") ?? remembered("transport") ?? "auto";
    return Object.hasOwn(choices, choice) ? choice : "auto";
}

export class Connection extends EventTarget {
    sent = 0;
    received = 0;
    #falls;
    /** What this browser has, the best first. */
    #automatic = Object.keys(choices).filter((each) => each !== "auto" && choices[each].needs in globalThis);

    /**
     * @param {{ choice?: string, falls?: boolean, namespace?: string, options?: object }} settings `falls`: whether
     * the session takes another transport where the chosen one is not to be had
     */
    constructor({ choice = "auto", falls = false, namespace = "/", options = {} }) {
        super();
        this.choice = choice;
        this.#falls = falls;
        this.socket = io(namespace, { ...options, transports: this.#order() });
        this.socket.onAny(() => this.#count("received"));
    }

    /** The transport that carries the session now, or null. */
    get transport() {
        return this.socket.connected ? this.socket.io.transport ?? null : null;
    }

    get session() {
        return this.socket.connected ? this.socket.io.engine?.id ?? this.socket.id : null;
    }

    /** Emits an event that wants an answer: `answer(error, reply)`. */
    ask(event, argument, answer, milliseconds = answerMilliseconds) {
        this.#count("sent");
        this.socket.timeout(milliseconds).emit(event, argument, (error, reply) => {
            if (!error) this.#count("received");
            answer(error, reply);
        });
    }

    /** Emits an event that may be lost. */
    tell(event, argument) {
        this.#count("sent");
        this.socket.volatile.emit(event, argument);
    }

    onFailure(handler) {
        this.socket.on("connect_error", handler);
    }

    /** Chooses the transport from now on; `auto` takes the best one that works. */
    async choose(choice) {
        this.choice = choice;
        const names = this.#order();
        this.socket.io.opts.transports = names;
        try {
            await this.socket.io.switchTransport(names[0]);
        } catch {
            // Not to be had now. The manager takes the next one, if there is another, and goes on looking.
        }
    }

    /** Goes offline for a while, as in a tunnel: what is written meanwhile must come through afterwards. */
    goOffline(milliseconds) {
        this.socket.io.disconnect();
        return new Promise((resolve) => setTimeout(() => resolve(this.socket.io.connect()), milliseconds));
    }

    #order() {
        if (this.choice === "auto") return this.#automatic;
        return this.#falls ? [...new Set([this.choice, ...this.#automatic])] : [this.choice];
    }

    #count(what) {
        this[what] += 1;
        this.dispatchEvent(new Event("count"));
    }
}
