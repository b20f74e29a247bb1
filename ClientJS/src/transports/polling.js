// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { SEPARATOR } from "../wire/engine-packet.js";
import { HTTPSender } from "./http-sender.js";

/** Long polling: a GET waits for packets, one at a time; what goes up is POSTed. */
export class PollingTransport extends HTTPSender {
    /** @param {import("./index.js").Host} host */
    constructor(host) {
        // Its first answer is there only when all that it brings is.
        super(host, "polling", 3);
    }

    async _open() {
        const { signal } = this._aborter;
        while (!signal.aborted && !this._host._closing) {
            let text;
            try {
                text = await this._request({});
            } catch (error) {
                return this._host._lost(this, "transport error", error);
            }
            this._host._received(this, text.split(SEPARATOR));
            // While an attach is under way nothing more is acknowledged: the same would come again, at once.
            while (this._host._over) {
                await this._host._over;
            }
        }
    }
}
