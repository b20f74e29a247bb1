// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { Socket } from "./socket.js";
import { parseAddress, parseArguments } from "./address.js";
import { Manager } from "./manager.js";

/** The revision of the Socket.IO protocol. */
export const protocol = 5;

/**
 * Managers that namespaces share, by origin and path.
 *
 * @type {Record<string, Manager>}
 */
const managers = {};

/**
 * A socket for a namespace of a server; if the address names no server, of the page's own.
 *
 * @param {string | URL | import("../martlet.js").Options | null} [address]
 * @param {import("../martlet.js").Options | null} [options]
 * @returns {Socket}
 */
export function io(address, options) {
    const [text, given] = parseArguments(address, options);
    const { base, nsp } = parseAddress(text, given);
    const isAlone = given.forceNew || given.multiplex === false || managers[base]?._sockets.has(nsp);
    const create = () => new Manager(text, given);
    return (isAlone ? create() : (managers[base] ??= create())).socket(nsp, given);
}

Object.assign(io, { io, connect: io, Manager, Socket, protocol, managers });

export { Manager, Socket, io as connect, io as default };
