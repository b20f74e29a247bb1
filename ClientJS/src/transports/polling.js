// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { SEPARATOR } from "../wire/engine-packet.js";
import { HTTPSender } from "./http-sender.js";

/** Long polling: one GET at a time waits for packets; outgoing packets are POSTed. */
export class PollingTransport extends HTTPSender {
    name = "polling";
    /** The first answer counts only when its whole body has arrived, so opening takes longer. */
    _patience = 3;

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
            // While an attach is under way no further messages are acknowledged: a GET would get the same messages
            // again, at once.
            while (this._host._over) {
                await this._host._over;
            }
        }
    }
}
