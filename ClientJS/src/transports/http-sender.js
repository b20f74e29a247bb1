// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { CLOSE, SEPARATOR, encodeText } from "../wire/engine-packet.js";
import { optionsOf } from "./options.js";

/** @typedef {HTTPSender & import("./index.js").Transport} HTTPTransport */

/** The upstream half of the transports over HTTP: POSTs, one at a time, each within the server's `maxPayload`. */
export class HTTPSender {
    _aborter = new AbortController();
    _writable = true;
    _position = 0;
    _isNumbered = true;

    /** @param {import("./index.js").Host} host */
    constructor(host) {
        this._host = host;
    }

    get _idle() {
        return this._writable;
    }

    /**
     * @this {HTTPTransport}
     * @param {RequestInit} init
     * @returns {Promise<string>} the body of an answer that is a success
     */
    async _request(init) {
        const { extraHeaders, withCredentials } = optionsOf(this);
        const response = await fetch(this._host._url(this, !!init.body), {
            headers: extraHeaders,
            credentials: withCredentials ? "include" : "same-origin",
            signal: this._aborter.signal,
            ...init,
        });
        const text = await response.text();
        if (!response.ok) {
            throw Object.assign(Error(`${this.name} error: HTTP status ${response.status}`), {
                status: response.status,
                body: text,
                // An answer of a proxy does not end the session (PROTOCOL 4).
                code: response.status === 400 && /^{"code":1\D/.test(text) ? 1 : undefined,
            });
        }
        return text;
    }

    /**
     * @this {HTTPTransport}
     * @param {import("../wire/engine-packet.js").Packet[]} packets
     */
    _send(packets) {
        const texts = [];
        let size = -1;
        for (const packet of packets) {
            const text = encodeText(packet);
            size += 1 + new TextEncoder().encode(text).length;
            // A single packet that is too large is sent anyway: the server refuses it.
            if (texts.length && size > /** @type {number} */ (this._host._maxPayload)) {
                break;
            }
            texts.push(text);
        }
        this._writable = false;
        this._request({ method: "POST", body: texts.join(SEPARATOR) }).then(
            (answer) => {
                this._writable = true;
                this._host._drained?.(this, answer);
            },
            (error) => this._host._lost(this, "transport error", error)
        );
        return texts.length;
    }

    /** @this {HTTPTransport} */
    _leave() {
        navigator.sendBeacon(this._host._url(this, true), `${CLOSE}`);
    }

    _close() {
        this._aborter.abort();
    }
}
