// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The last minute: which transport the session travelled over, and which faults it met.

export const shownMilliseconds = 60_000;

/** Times are those of `performance.now()`. What lasts has no `until`. */
export class History {
    /** @type {{ lane: string, since: number, until?: number }[]} */
    legs = [];
    /** @type {{ name: string, since: number, until?: number }[]} */
    faults = [];
    /** @type {number[]} */
    cuts = [];

    /** @param {string} lane a transport, or "none" */
    travel(lane) {
        const now = performance.now();
        const last = this.legs.at(-1);
        if (last) last.until = now;
        this.legs.push({ lane, since: now });
        this.#forget(now);
    }

    /** @param {Set<string>} names */
    suffer(names) {
        const now = performance.now();
        const lasting = this.faults.filter(({ until }) => until === undefined);
        for (const fault of lasting) if (!names.has(fault.name)) fault.until = now;
        for (const name of names) {
            if (!lasting.some((fault) => fault.name === name)) this.faults.push({ name, since: now });
        }
        this.#forget(now);
    }

    cut() {
        this.cuts.push(performance.now());
    }

    #forget(now) {
        const isShown = (until = now) => now - until < shownMilliseconds;
        this.legs = this.legs.filter(({ until }) => isShown(until));
        this.faults = this.faults.filter(({ until }) => isShown(until));
        this.cuts = this.cuts.filter(isShown);
    }
}
