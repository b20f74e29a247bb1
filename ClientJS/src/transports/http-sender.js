// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { encodeText, joinPayload, textSize } from "../wire/engine-packet.js";

/** The upstream half of the transports over HTTP: POSTs, one at a time, each within the server's `maxPayload`. */
export class HTTPSender {
    /**
     * @param {import("./index.js").Host} host
     * @param {string} name
     */
    constructor(host, name) {
        this.name = name;
        this._host = host;
        this._aborter = new AbortController();
        this._writable = true;
    }

    get _idle() {
        return this._writable;
    }

    /**
     * @param {RequestInit} init
     * @returns {Promise<string>} the body of an answer that is a success
     */
    async _request(init) {
        const { extraHeaders, withCredentials } = this._host._options;
        const response = await fetch(this._host._url(this.name), {
            headers: extraHeaders,
            credentials: withCredentials ? "include" : "same-origin",
            cache: "no-store",
            signal: this._aborter.signal,
            ...init,
        });
        const text = await response.text();
        if (!response.ok) {
            throw Object.assign(new Error(`${this.name} error: HTTP status ${response.status}`), {
                status: response.status,
                body: text,
            });
        }
        return text;
    }

    /** @param {import("../wire/engine-packet.js").Packet[]} packets */
    _send(packets) {
        let count = 0;
        for (let size = 0; count < packets.length; count++) {
            // A packet that is too large by itself is the server's to refuse.
            size += textSize(packets[count]) + (count && 1);
            if (count && size > this._host._maxPayload) {
                break;
            }
        }
        this._writable = false;
        const self = /** @type {import("./index.js").Transport} */ (/** @type {unknown} */ (this));
        const body = joinPayload(packets.slice(0, count).map(encodeText));
        this._request({ method: "POST", body }).then(
            () => {
                this._writable = true;
                this._host._drained(self);
            },
            (error) => this._host._lost(self, "transport error", error)
        );
        return count;
    }

    _close() {
        this._aborter.abort();
    }
}
