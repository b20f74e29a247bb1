// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/** @typedef {"reconnectionDelay" | "climbDelay"} Delay */

/**
 * Exponential delays between attempts to reconnect, spread at random so that the clients of a restarted server do not
 * come all at once.
 */
export class Backoff {
    _attempts = 0;

    /**
     * @param {Pick<import("./options.js").Settings, Delay | `${Delay}Max` | "randomizationFactor">} options with the
     *     spread, 0…1: each delay is its nominal value times a factor of 1 ± spread
     * @param {Delay} name of the option with the first delay in ms; the option with `Max` appended limits all delays
     * @param {() => number} random 0 ≤ random < 1
     */
    constructor(options, name, random = Math.random) {
        /**
         * The next delay in ms. A delay above the longest one is mirrored below it: cutting it off would synchronize
         * all clients again.
         */
        this._next = () => {
            const longest = options[/** @type {const} */ (`${name}Max`)];
            const nominal = Math.min(longest, options[name] * 2 ** this._attempts++);
            const delay = nominal * (1 + options.randomizationFactor * (2 * random() - 1));
            return Math.max(0, Math.min(delay, 2 * longest - delay));
        };
    }
}
