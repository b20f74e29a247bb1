// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { decodeFrame } from "./wire/engine-packet.js";
import { transports } from "./transports/index.js";

/** @typedef {import("./transports/index.js").Transport} Transport */

/**
 * What an attempt adds to its address, by which the server knows what is asked for: a handshake, an attach, or a probe.
 *
 * @typedef {{resume?: number, sid?: string, attach?: number, ack?: number, probe?: number}} Greeting
 */

/**
 * Tries transports, one after the other, until one brings the packet that begins a stream, and is their host until
 * then. A transport that opens and stays silent (a proxy holds the stream back) fails like one that does not open; what
 * was given up is not listened to again.
 */
export class Search {
    /**
     * Of the present attempt.
     *
     * @type {Greeting}
     */
    _greeting = {};
    /** @type {Transport | undefined} */
    _candidate;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    _timer;

    /**
     * @param {import("./session.js").Session} session
     * @param {string[]} names in order
     * @param {(error: unknown) => void} fail when none is left
     * @param {boolean} [isProbe]
     */
    constructor(session, names, fail, isProbe) {
        this._session = session;
        this._options = session._options;
        this._names = [...names];
        this._fail = fail;
        this._isProbe = isProbe;
    }

    /** @param {unknown} [error] what to report when none is left */
    _try(error) {
        this._stop();
        const name = this._names.shift();
        if (!name) {
            return this._fail(error);
        }
        const candidate = new transports[name](this);
        this._candidate = candidate;
        this._greeting = this._session._greeting(this._isProbe);
        if (this._names.length || this._session.id) {
            // The last one of a handshake has all the time that the manager gives it.
            this._timer = setTimeout(
                () => this._lost(candidate, "", new Error(name + " timeout")),
                this._options.transportTimeout * candidate._patience
            );
        }
        try {
            candidate._open();
        } catch (error) {
            // A page's policy may forbid the connection by throwing.
            this._lost(candidate, "", error);
        }
    }

    _stop() {
        const candidate = this._candidate;
        clearTimeout(this._timer);
        this._candidate = undefined;
        candidate?._close();
    }

    /** @param {Transport} transport */
    _url(transport) {
        return this._session._address(transport, this._greeting);
    }

    /**
     * @param {Transport} candidate
     * @param {(string | ArrayBuffer)[]} frames
     */
    _received(candidate, [first, ...rest]) {
        if (candidate !== this._candidate) {
            return;
        }
        clearTimeout(this._timer);
        this._candidate = undefined;
        try {
            this._session._adopt(candidate, decodeFrame(first), this._greeting);
        } catch (error) {
            candidate._close();
            return this._try(error);
        }
        this._session._received(candidate, rest);
    }

    /**
     * @param {Transport} candidate
     * @param {string} _reason
     * @param {any} details
     */
    _lost(candidate, _reason, details) {
        if (candidate === this._candidate && !this._session._isVerdict(details)) {
            this._try(details instanceof Error ? details : Object.assign(new Error(candidate.name + " error"), { details }));
        }
    }
}
