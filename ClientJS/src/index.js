// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { Manager } from "./manager.js";
import { Socket } from "./socket.js";
import { parseAddress } from "./address.js";

/** The revision of the Socket.IO protocol. */
export const protocol = 5;

/**
 * Managers that namespaces share, by origin and path.
 *
 * @type {Map<string, Manager>}
 */
const managers = new Map();

/**
 * A socket for a namespace of a server; the page's own server where the address names none.
 *
 * @param {string | import("../martlet.js").Options} [address]
 * @param {import("../martlet.js").Options} [options]
 * @returns {Socket}
 */
export function io(address, options = {}) {
    if (typeof address === "object") {
        return io(undefined, address);
    }
    const { origin, nsp } = parseAddress(address);
    const key = origin + (options.path ?? "");
    const known = managers.get(key);
    if (options.forceNew || options.multiplex === false || known?._sockets.has(nsp)) {
        return new Manager(address, options).socket(nsp, options);
    }
    const manager = known ?? new Manager(address, options);
    managers.set(key, manager);
    return manager.socket(nsp, options);
}

io.io = io;
io.connect = io;
io.Manager = Manager;
io.Socket = Socket;
io.protocol = protocol;

const connect = io;
export { Manager, Socket, connect, io as default };
