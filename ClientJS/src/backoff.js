// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/** Exponential delays between attempts to reconnect, spread so that clients of a restarted server do not come at once. */
export class Backoff {
    _attempts = 0;

    /**
     * @param {number} first ms before the first attempt
     * @param {number} longest ms, never exceeded
     * @param {number} spread 0…1: each delay is its nominal value times 1 ± spread
     * @param {() => number} random 0 ≤ random < 1
     */
    constructor(first, longest, spread, random = Math.random) {
        /** The next delay in ms. What would pass the longest is mirrored below it: a cap would bring all back in step. */
        this._next = () => {
            const nominal = Math.min(longest, first * 2 ** this._attempts++);
            const delay = nominal * (1 + spread * (2 * random() - 1));
            return Math.max(0, Math.min(delay, 2 * longest - delay));
        };
    }
}
