// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { HTTPSender } from "./http-sender.js";

/** Server-Sent Events (PROTOCOL 3): each event is a packet; what goes up is POSTed. */
export class EventStreamTransport extends HTTPSender {
    static _isSupported() {
        return typeof EventSource === "function" && typeof fetch === "function";
    }

    /** @param {import("./index.js").Host} host */
    constructor(host) {
        super(host, "sse");
        /** @type {EventSource | undefined} */
        this._source = undefined;
    }

    _open() {
        const host = this._host;
        const source = new EventSource(host._url(this.name), { withCredentials: !!host._options.withCredentials });
        this._source = source;
        source.onmessage = ({ data }) => host._received(this, [data]);
        // An EventSource reconnects by itself, with the address of a session that has then ended: so it is closed.
        source.onerror = (event) => {
            source.close();
            host._lost(this, "transport error", event);
        };
    }

    /** @override */
    _close() {
        super._close();
        this._source?.close();
    }
}
