// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Numbered messages both ways, all the time. Those that go down are counted here, those that go up by the server.
import { Tally } from "/counting.js";

export const restingPerSecond = 10;
export const loadPerSecond = 1000;
const batchMilliseconds = 20;
/** After a pause, as in a hidden tab, no more than so much is made up for. */
const longestPauseMilliseconds = 2000;
const answerMilliseconds = 5000;

const none = { sent: 0, received: 0, lost: 0, repeated: 0, outOfOrder: 0 };

export class Traffic {
    #socket;
    #perSecond = restingPerSecond;
    /** What came down, and what the server said last of what went up. */
    #down = new Tally();
    #up = { ...none, last: 0 };
    #sent = 0;
    /** The counts of servers that are gone: each new one begins at 1. */
    #before = { down: none, up: none };
    #isReady = false;
    #sentUntil = 0;

    constructor(socket) {
        this.#socket = socket;
        socket.on("down", ({ n }) => this.#down.take(n));
        socket.on("tally", (tally) => this.#isReady && (this.#up = tally));
        socket.on("connect", () => this.#begin());
        socket.on("disconnect", () => {
            this.#isReady = false;
            // What the session did not get rid of is lost with it, and is counted as that.
            socket.sendBuffer = [];
        });
        setInterval(() => this.#send(), batchMilliseconds);
    }

    /** What the server sent, as far as the numbers tell, and what of it came. */
    get down() {
        const { received, lost, repeated, outOfOrder, last } = this.#down;
        return plus(this.#before.down, { sent: last, received, lost, repeated, outOfOrder });
    }

    /** What this page sent, and what of it came to the server. */
    get up() {
        return plus(this.#before.up, { ...this.#up, sent: this.#sent });
    }

    get perSecond() {
        return this.#perSecond;
    }

    set perSecond(perSecond) {
        this.#perSecond = perSecond;
        if (this.#isReady) this.#socket.emit("stream", { perSecond });
    }

    /** A session begins: with a server that knows this page from the session before, or with another one. */
    async #begin() {
        const { id } = this.#socket;
        let tally;
        while (!tally) {
            tally = await this.#socket.timeout(answerMilliseconds).emitWithAck("tally").catch(() => null);
            if (this.#socket.id !== id) return;
        }
        if (tally.last < this.#up.last) this.#numberAnew();
        this.#up = tally;
        this.#isReady = true;
        this.#sentUntil = performance.now();
        this.#socket.emit("stream", { perSecond: this.#perSecond });
    }

    /** What was on its way when the old server went is lost, as far as anybody can tell. */
    #numberAnew() {
        const { down, up } = this;
        this.#before = { down: allAccountedFor(down), up: allAccountedFor(up) };
        this.#down = new Tally();
        this.#sent = 0;
    }

    #send() {
        if (!this.#isReady) return;
        const now = performance.now();
        this.#sentUntil = Math.max(this.#sentUntil, now - longestPauseMilliseconds);
        const due = Math.floor(((now - this.#sentUntil) * this.#perSecond) / 1000);
        this.#sentUntil += (due * 1000) / this.#perSecond;
        const sent = Date.now();
        for (let index = 0; index < due; index += 1) {
            this.#sent += 1;
            this.#socket.emit("up", { n: this.#sent, sent });
        }
    }
}

const allAccountedFor = (counts) => ({ ...counts, lost: counts.sent - counts.received - counts.outOfOrder });

function plus(before, counts) {
    return Object.fromEntries(Object.keys(none).map((key) => [key, before[key] + counts[key]]));
}
