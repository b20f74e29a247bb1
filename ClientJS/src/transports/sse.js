// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { HTTPSender } from "./http-sender.js";
import { optionsOf } from "./options.js";

/** Server-Sent Events (PROTOCOL 3): each event is a packet; outgoing packets are POSTed. */
export class EventStreamTransport extends HTTPSender {
    name = "sse";
    _patience = 1;
    /** @type {EventSource | undefined} */
    _source;

    _open() {
        // EventSource takes only `withCredentials` of these options.
        const source = new EventSource(this._host._url(this), optionsOf(this));
        this._source = source;
        source.onmessage = ({ data }) => this._host._received(this, [data]);
        // An EventSource would reconnect by itself. The host closes it when it is told of the loss.
        source.onerror = (event) => this._host._lost(this, "transport error", event);
    }

    /** @override */
    _close() {
        super._close();
        this._source?.close();
    }
}
