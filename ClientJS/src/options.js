// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { transports } from "./transports/index.js";

/** @typedef {import("../martlet.js").ManagerOptions} ManagerOptions */

export const defaults = {
    path: "/socket.io/",
    transports: Object.keys(transports),
    reconnection: true,
    reconnectionAttempts: Infinity,
    reconnectionDelay: 1000,
    reconnectionDelayMax: 5000,
    randomizationFactor: 0.5,
    timeout: 20000,
    transportTimeout: 4000,
    rememberTransport: true,
    climbDelay: 5000,
    climbDelayMax: 300000,
    autoConnect: true,
    maxAttachments: 10,
    sendBufferLimit: 2 ** 24,
};

/**
 * What a page gave, with the defaults in place of what it left out.
 *
 * @typedef {import("../martlet.js").Options & Required<Pick<ManagerOptions, keyof typeof defaults>>} Settings
 */

/** The names that need no warning: those with a meaning, and those that the page was warned of. */
const known = new Set([
    ...Object.keys(defaults),
    ...["query", "extraHeaders", "withCredentials", "protocols", "transportOptions"],
    ...["auth", "ackTimeout", "forceNew", "multiplex"],
]);

/**
 * Says, once a page, which options do nothing here: misspelt ones, and those of socket.io-client that have no meaning.
 *
 * @param {object} options
 */
export function check(options) {
    for (const name of Object.keys(options)) {
        if (!known.has(name)) {
            known.add(name);
            console.warn(`Martlet ignores the option "${name}"`);
        }
    }
}
