// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { CLOSE, NOOP, OPEN, decodeFrame, decodeOpen } from "./wire/engine-packet.js";
import { transports } from "./transports/index.js";

/** @typedef {import("./transports/index.js").Transport} Transport */

/**
 * The query parameters by which an attempt tells the server what it asks for: a handshake, an attach, or a probe.
 *
 * @typedef {{resume?: number, sid?: string, attach?: number, ack?: number, probe?: number}} Greeting
 */

/**
 * Tries transports, one after another, until one receives the packet that begins a stream; until then the search is the
 * transport's host. A transport that opens but stays silent (a proxy holds the stream back) fails like a transport that
 * does not open. Events of a transport that was given up are ignored.
 */
export class Search {
    /**
     * What the present attempt asks for.
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
     * @param {(error: unknown) => void} fail called when no transport is left
     * @param {boolean} [isProbe]
     */
    constructor(session, names, fail, isProbe) {
        this._session = session;
        this._options = session._options;
        this._names = [...names];
        this._fail = fail;
        this._isProbe = isProbe;
    }

    /** @param {unknown} [error] the error to report when no transport is left */
    _try(error) {
        this._stop();
        const name = this._names.shift();
        if (!name) {
            return this._fail(error);
        }
        const candidate = new transports[name](this);
        this._candidate = candidate;
        const session = this._session;
        const { id: sid } = session;
        if (this._isProbe) {
            this._greeting = { probe: 1 };
        } else {
            this._greeting = sid ? { sid, attach: ++session._attaches, ack: session._window._received } : { resume: 1 };
        }
        if (this._names.length || sid) {
            // The last transport of a handshake has no timeout of its own: the manager's timeout holds.
            this._timer = setTimeout(
                () => this._lost(candidate, "", Error(name + " timeout")),
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
        this._candidate = undefined;
        this._stop();
        try {
            const { type, data } = decodeFrame(first);
            const text = /** @type {string} */ (data);
            if (this._isProbe && type === NOOP) {
                candidate._close();
                return this._session._route._attach([candidate.name]);
            }
            if (type === CLOSE && this._session._isVerdict(JSON.parse(text))) {
                return candidate._close();
            }
            if (this._isProbe || type !== OPEN) {
                throw Error("invalid packet");
            }
            this._session._adopt(candidate, decodeOpen(text));
        } catch (error) {
            candidate._close();
            return this._try(error);
        }
        this._session._received(candidate, rest);
    }

    /**
     * @param {Transport} candidate
     * @param {string} _reason
     * @param {unknown} details
     */
    _lost(candidate, _reason, details) {
        if (candidate === this._candidate && !this._session._isVerdict(details)) {
            this._try(details instanceof Error ? details : Object.assign(Error(candidate.name + " error"), { details }));
        }
    }
}
