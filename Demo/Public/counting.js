// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// What the numbers of the messages tell: which are missing, which came twice, which came late. The server counts the same.

/** Gaps that are remembered; a message out of one that was forgotten counts as repeated. */
const keptGaps = 10_000;
const rateMilliseconds = 2000;

/** One direction's messages, which are numbered 1, 2, 3… */
export class Tally {
    /** In order, each once. */
    received = 0;
    /** Left out so far. One that comes late was not lost. */
    lost = 0;
    repeated = 0;
    /** Came after a later one. */
    outOfOrder = 0;
    #next = 1;
    /** @type {[first: number, last: number][]} what is missing, in ascending order */
    #gaps = [];

    /** The highest number that came. */
    get last() {
        return this.#next - 1;
    }

    /** @param {number} number */
    take(number) {
        if (number === this.#next) {
            this.received += 1;
            this.#next += 1;
        } else if (number > this.#next) {
            this.#gaps.push([this.#next, number - 1]);
            if (this.#gaps.length > keptGaps) this.#gaps.shift();
            this.lost += number - this.#next;
            this.received += 1;
            this.#next = number + 1;
        } else if (this.#fill(number)) {
            this.lost -= 1;
            this.outOfOrder += 1;
        } else {
            this.repeated += 1;
        }
    }

    /** Whether the number was missing until now. */
    #fill(number) {
        const index = this.#gaps.findIndex(([first, last]) => first <= number && number <= last);
        if (index < 0) return false;
        const [first, last] = this.#gaps[index];
        const rest = [[first, number - 1], [number + 1, last]].filter(([from, to]) => from <= to);
        this.#gaps.splice(index, 1, ...rest);
        return true;
    }
}

/** How fast a count grows, over the last two seconds. */
export class Rate {
    #samples = [];

    /** Adds a sample, and answers the rate per second. */
    at(milliseconds, count) {
        this.#samples.push([milliseconds, count]);
        while (this.#samples.length > 2 && this.#samples[1][0] <= milliseconds - rateMilliseconds) this.#samples.shift();
        const [[since, before]] = this.#samples;
        return milliseconds > since ? ((count - before) * 1000) / (milliseconds - since) : 0;
    }
}
