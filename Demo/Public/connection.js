// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The socket, the choice of its transport, and what it counts.
/* global io */
import { remember, remembered } from "/page.js";

export const choices = {
    auto: { label: "Auto" },
    websocket: { label: "WebSocket" },
    sse: { label: "SSE" },
    polling: { label: "Polling" },
};

/** Long enough for a phone in a tunnel. */
const answerMilliseconds = 10_000;

export function connect() {
    const forced = new URLSearchParams(location.search).get("transport");
    const choice = Object.hasOwn(choices, forced ?? "") ? forced : remembered("transport") ?? "auto";
    return new Connection(Object.hasOwn(choices, choice) ? choice : "auto");
}

class Connection extends EventTarget {
    sent = 0;
    received = 0;

    constructor(choice) {
        super();
        this.choice = choice;
        this.automatic = Object.keys(choices).filter((each) => each !== "auto");
        this.socket = io({ transports: choice === "auto" ? this.automatic : [choice] });
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
    ask(event, argument, answer) {
        this.#count("sent");
        this.socket.timeout(answerMilliseconds).emit(event, argument, (error, reply) => {
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
        remember("transport", choice);
        const manager = this.socket.io;
        const names = choice === "auto" ? this.automatic : [choice];
        manager.opts.transports = names;
        for (const name of names) {
            if (this.choice !== choice) return;
            try {
                return await manager.switchTransport(name);
            } catch {
                // Not to be had here. With a choice of one the manager keeps trying; else the next one is as good.
            }
        }
    }

    /** Goes offline for a while, as in a tunnel: what is written meanwhile must come through afterwards. */
    goOffline(milliseconds) {
        this.socket.io.disconnect();
        return new Promise((resolve) => setTimeout(() => resolve(this.socket.io.connect()), milliseconds));
    }

    #count(what) {
        this[what] += 1;
        this.dispatchEvent(new Event("count"));
    }
}
