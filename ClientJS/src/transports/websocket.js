// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { CLOSE, encodeFrame } from "../wire/engine-packet.js";
import { optionsOf } from "./options.js";

/** Engine.IO over a WebSocket: one packet a frame. */
export class WebSocketTransport {
    name = "websocket";
    _patience = 1;
    _position = 0;
    _isNumbered = false;
    /** @type {WebSocket | undefined} */
    _socket;

    /** @param {import("./index.js").Host} host */
    constructor(host) {
        this._host = host;
    }

    get _writable() {
        return this._socket?.readyState === 1;
    }

    /** From 65,536 unsent bytes on the connection counts as slow, and volatile events are dropped. */
    get _idle() {
        return this._writable && /** @type {WebSocket} */ (this._socket).bufferedAmount < 65536;
    }

    _open() {
        const socket = new WebSocket(this._host._url(this).replace(/^http/, "ws"), optionsOf(this).protocols || []);
        this._socket = socket;
        socket.binaryType = "arraybuffer";
        socket.onmessage = ({ data }) => this._host._received(this, [data]);
        socket.onclose = (event) => this._host._lost(this, "transport close", event);
        socket.onerror = (event) => this._host._lost(this, "transport error", event);
    }

    /** @param {import("../wire/engine-packet.js").Packet[]} packets */
    _send(packets) {
        for (const packet of packets) {
            /** @type {WebSocket} */ (this._socket).send(encodeFrame(packet));
        }
        return packets.length;
    }

    _leave() {
        if (this._writable) {
            this._send([{ type: CLOSE, data: "" }]);
        }
    }

    _close() {
        this._socket?.close();
    }
}
