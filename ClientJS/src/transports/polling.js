// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { CLOSE, splitPayload } from "../wire/engine-packet.js";
import { HTTPSender } from "./http-sender.js";

/** Long polling: a GET waits for packets, one at a time; what goes up is POSTed. */
export class PollingTransport extends HTTPSender {
    static _isSupported() {
        return typeof fetch === "function";
    }

    /** @param {import("./index.js").Host} host */
    constructor(host) {
        super(host, "polling");
    }

    async _open() {
        const { signal } = this._aborter;
        // A page that goes away between two GETs has no connection that ends with it: the server would miss it only
        // when the heartbeat fails. One that the browser keeps for the way back is not gone.
        globalThis.addEventListener?.(
            "pagehide",
            ({ persisted }) => persisted || navigator.sendBeacon(this._host._url(this.name), CLOSE),
            { signal }
        );
        while (!signal.aborted && !this._host._closing) {
            let text;
            try {
                text = await this._request({});
            } catch (error) {
                return this._host._lost(this, "transport error", error);
            }
            this._host._received(this, splitPayload(text));
        }
    }
}
