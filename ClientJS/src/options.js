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
 * The page's options, with the defaults for options that the page left out.
 *
 * @typedef {import("../martlet.js").Options & Required<Pick<ManagerOptions, keyof typeof defaults>>} Settings
 */

/** The names that need no warning: options with a meaning, and options that the page was already warned of. */
const known = new Set([
    ...Object.keys(defaults),
    ...["query", "extraHeaders", "withCredentials", "protocols", "transportOptions"],
    ...["auth", "ackTimeout", "forceNew", "multiplex"],
]);

/**
 * Warns, once a page, of options that have no effect: misspelt ones, and options of socket.io-client without a meaning
 * here.
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
