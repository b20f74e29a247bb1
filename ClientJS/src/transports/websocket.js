// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { encodeFrame } from "../wire/engine-packet.js";

/** Unsent bytes from which on the connection counts as slow and volatile events are dropped. */
const SLOW = 65536;

/** Engine.IO over a WebSocket: one packet a frame. */
export class WebSocketTransport {
    static _isSupported() {
        return typeof WebSocket === "function";
    }

    /** @param {import("./index.js").Host} host */
    constructor(host) {
        this.name = "websocket";
        this._host = host;
        /** @type {WebSocket | undefined} */
        this._socket = undefined;
    }

    get _writable() {
        return this._socket?.readyState === 1;
    }

    get _idle() {
        return this._writable && /** @type {WebSocket} */ (this._socket).bufferedAmount < SLOW;
    }

    _open() {
        const host = this._host;
        const socket = new WebSocket(host._url(this.name).replace(/^http/, "ws"), host._options.protocols || []);
        this._socket = socket;
        socket.binaryType = "arraybuffer";
        socket.onmessage = ({ data }) => host._received(this, [data]);
        socket.onclose = ({ code, reason }) => host._lost(this, "transport close", { code, reason });
        socket.onerror = (event) => host._lost(this, "transport error", event);
    }

    /** @param {import("../wire/engine-packet.js").Packet[]} packets */
    _send(packets) {
        for (const packet of packets) {
            /** @type {WebSocket} */ (this._socket).send(encodeFrame(packet));
        }
        return packets.length;
    }

    _close() {
        const socket = this._socket;
        if (socket) {
            // An error still has a listener: in Node one without is fatal.
            socket.onmessage = socket.onclose = null;
            socket.onerror = () => {};
            socket.close();
        }
    }
}
