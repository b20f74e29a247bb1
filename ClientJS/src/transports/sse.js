// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { HTTPSender } from "./http-sender.js";
import { optionsOf } from "./options.js";

/** Server-Sent Events (PROTOCOL 3): each event is a packet; what goes up is POSTed. */
export class EventStreamTransport extends HTTPSender {
    /** @type {EventSource | undefined} */
    _source;

    /** @param {import("./index.js").Host} host */
    constructor(host) {
        super(host, "sse", 1);
    }

    _open() {
        // Of the options it has `withCredentials` alone in common with ours.
        const source = new EventSource(this._host._url(this), optionsOf(this));
        this._source = source;
        source.onmessage = ({ data }) => this._host._received(this, [data]);
        // An EventSource would connect again by itself, as if nothing had been: whoever hears of the loss closes it.
        source.onerror = (event) => this._host._lost(this, "transport error", event);
    }

    /** @override */
    _close() {
        super._close();
        this._source?.close();
    }
}
