// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/** How long the transport that worked is tried first, in ms. */
const LIFE = 3600000;

/**
 * The transport that worked the last time, unless that was too long ago.
 *
 * @param {string} base the server's address
 * @returns {string | undefined}
 */
export function recall(base) {
    try {
        const [name, time] = localStorage["martlet:" + base].split(" ");
        const age = Date.now() - time;
        // A time in the future was written before the clock was put back: the entry's age is unknown.
        if (age >= 0 && age < LIFE) {
            return name;
        }
    } catch {
        // There is no entry, or no storage, or the user forbids it.
    }
}

/**
 * Remembers the transport that worked. The time of its first success stays: otherwise a page that is often visited
 * would never try a better transport.
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
