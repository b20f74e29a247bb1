// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/** Time by hand: replaces the timers and the clocks of the process until `restore` is called. */
export class ManualClock {
    /** What timers go by, as performance.now() does. */
    #now = 0;
    /** What Date.now() is ahead of that. */
    #ahead = 1_700_000_000_000;
    #timers = new Map();
    /** One clock's timers are never cleared by what was left of another's. */
    static #last = 0;
    #timeFunctions = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
    #clocks = [Date.now, performance.now];

    constructor() {
        globalThis.setTimeout = (task, ms = 0, ...args) => {
            const id = ++ManualClock.#last;
            this.#timers.set(id, { time: this.#now + Math.max(ms, 0), task: () => task(...args) });
            return id;
        };
        globalThis.clearTimeout = (id) => this.#timers.delete(id);
        Date.now = () => this.#now + this.#ahead;
        performance.now = () => this.#now;
    }

    restore() {
        Object.assign(globalThis, this.#timeFunctions);
        [Date.now, performance.now] = this.#clocks;
    }

    get now() {
        return this.#now;
    }

    /** Lets the time pass, timer by timer, with what each of them sets off. */
    async advance(ms) {
        const end = this.#now + ms;
        await settle();
        for (let next; (next = this.#next(end)); ) {
            const [id, { time, task }] = next;
            this.#timers.delete(id);
            this.#now = Math.max(this.#now, time);
            task();
            await settle();
        }
        this.#now = end;
    }

    /** Advances until the condition holds; false if it does not within that time. */
    async until(condition, ms) {
        const end = this.#now + ms;
        await settle();
        while (!condition() && this.#now < end) {
            await this.advance(Math.min(10, end - this.#now));
        }
        return condition();
    }

    /** The clocks go on and no timer fires: the computer sleeps. They fire, late, with the next step. */
    sleep(ms) {
        this.#now += ms;
    }

    /** The wall clock alone is put forward or back, by hand, or by a sleep through which the other stood still. */
    turn(ms) {
        this.#ahead += ms;
    }

    #next(end) {
        let first;
        for (const entry of this.#timers) {
            if (entry[1].time <= end && (!first || entry[1].time < first[1].time)) {
                first = entry;
            }
        }
        return first;
    }
}

/** Lets all promises that can be settled do so. */
function settle() {
    return new Promise((resolve) => setImmediate(resolve));
}

/** Numbers 0 ≤ x < 1 that follow from a seed (mulberry32). */
export function randomFrom(seed) {
    return () => {
        seed = (seed + 0x6d2b79f5) | 0;
        let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}
