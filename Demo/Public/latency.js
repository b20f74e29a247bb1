// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// How long a message and its acknowledgement take, again and again.

const answerMilliseconds = 120_000;

/** Measures one round trip after the other. Events: `measured`. */
export class Latency extends EventTarget {
    /** @type {{ at: number, milliseconds: number }[]} the last ones, in order */
    measured = [];
    #connection;
    #kept;
    #askedAt = null;

    /** @param {number} kept how many are remembered */
    constructor(connection, kept) {
        super();
        this.#connection = connection;
        this.#kept = kept;
        connection.socket.on("disconnect", () => (this.#askedAt = null));
    }

    start(everyMilliseconds) {
        setInterval(() => this.measure(), everyMilliseconds);
    }

    /** How long the answer that is waited for takes by now. */
    get waitingMilliseconds() {
        return this.#askedAt === null ? 0 : performance.now() - this.#askedAt;
    }

    get median() {
        const sorted = this.measured.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
        return sorted[sorted.length >> 1];
    }

    measure() {
        if (!this.#connection.socket.connected || document.hidden || this.#askedAt !== null) return;
        const start = (this.#askedAt = performance.now());
        const answered = (error) => {
            if (this.#askedAt !== start) return;
            this.#askedAt = null;
            if (error) return;
            const at = performance.now();
            this.measured = [...this.measured, { at, milliseconds: at - start }].slice(-this.#kept);
            this.dispatchEvent(new Event("measured"));
        };
        this.#connection.ask("latency", this.measured.length, answered, answerMilliseconds);
    }
}

export const inMilliseconds = (latency) => (latency < 10 ? `${latency.toFixed(1)} ms` : `${Math.round(latency)} ms`);
