// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/** How long it is believed that what worked is the best that does, in ms. */
const LIFE = 3600000;

/**
 * The transport that worked the last time, unless that is long ago.
 *
 * @param {string} base the server's address
 * @returns {string | undefined}
 */
export function recall(base) {
    try {
        const [name, time] = localStorage["martlet:" + base].split(" ");
        const age = Date.now() - time;
        // One from the future was written before the clock was put back: of its age nothing is known.
        if (age >= 0 && age < LIFE) {
            return name;
        }
    } catch {
        // There is nothing, or no storage, or the user forbids it.
    }
}

/**
 * The time stays that of the first success: otherwise a page that is often visited would never try a better one.
 *
 * @param {string} base
 * @param {string} name
 */
export function remember(base, name) {
    try {
        if (recall(base) !== name) {
            localStorage["martlet:" + base] = name + " " + Date.now();
        }
    } catch {
        // As above.
    }
}
