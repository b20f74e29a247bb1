// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { transports } from "./transports/index.js";

/** @typedef {import("../martlet.js").ManagerOptions} ManagerOptions */

// A name with `Max` stands before the one without: the first that is near is what a misspelt name is taken for.
export const defaults = {
    path: "/socket.io/",
    transports: Object.keys(transports),
    reconnection: true,
    reconnectionAttempts: Infinity,
    reconnectionDelayMax: 5000,
    reconnectionDelay: 1000,
    randomizationFactor: 0.5,
    timeout: 20000,
    transportTimeout: 4000,
    rememberTransport: true,
    climbDelayMax: 300000,
    climbDelay: 5000,
    upgrade: true,
    timestampRequests: true,
    timestampParam: "t",
    autoConnect: true,
    maxAttachments: 10,
    sendBufferLimit: 2 ** 24,
};

/**
 * The page's options, with the defaults for options that the page left out.
 *
 * @typedef {import("../martlet.js").Options & Required<Pick<ManagerOptions, keyof typeof defaults>>} Settings
 */

/** The options that have a meaning. */
const known = [
    ...Object.keys(defaults),
    ...["addTrailingSlash", "query", "extraHeaders", "withCredentials", "protocols", "transportOptions"],
    ...["auth", "ackTimeout", "retries", "forceNew", "multiplex"],
];

/** The options that the page was warned of. */
const warned = new Set();

/**
 * Whether at most so many letters must be changed, left out or put in to make `b` of `a`.
 *
 * @param {string} a
 * @param {string} b
 * @param {number} edits
 * @returns {boolean}
 */
const isNear = (a, b, edits) =>
    a === b ||
    (a[0] === b[0]
        ? isNear(a.slice(1), b.slice(1), edits)
        : // One more in `b`, one more in `a`, or another one.
          edits > 0 && [2, 1, 3].some((cut) => isNear(a.slice(cut & 1), b.slice(cut >> 1), edits - 1)));

/**
 * Warns, once a page, of options that have no effect: misspelt ones, and options of socket.io-client without a meaning
 * here.
 *
 * @param {object} options
 */
export function check(options) {
    for (const name of Object.keys(options)) {
        if (!known.includes(name) && !warned.has(name)) {
            warned.add(name);
            const near = known.find((each) => isNear(name, each, 2));
            console.warn(`Martlet ignores the option "${name}"` + (near ? `: is it "${near}"?` : ""));
        }
    }
}
