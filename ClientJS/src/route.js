// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { Backoff } from "./backoff.js";
import { Search } from "./search.js";
import { STEADY, now } from "./clock.js";
import { isSupported } from "./transports/index.js";

/**
 * Chooses the transport of a session, and when the session moves to another one (PROTOCOL 4). The first transport
 * begins with a handshake. Every later one attaches, whether the page switches, a transport was lost, or a better one
 * works.
 */
export class Route {
    /**
     * The transports, the best first.
     *
     * @type {string[]}
     */
    _names = [];
    /**
     * The handshake, the attach or the probe that is under way.
     *
     * @type {Search | undefined}
     */
    _search;
    /**
     * While an attach is under way: fulfilled when the attach has succeeded or failed.
     *
     * @type {Promise<void> | undefined}
     */
    _over;
    /**
     * Fulfils `_over`.
     *
     * @type {(() => void) | undefined}
     */
    _settle;
    /** When the transport in use came into use. */
    _since = 0;
    /**
     * The timer of the next attach or probe.
     *
     * @type {ReturnType<typeof setTimeout> | undefined}
     */
    _timer;

    /** @param {import("./session.js").Session} session */
    constructor(session) {
        this._session = session;
        this._retries = new Backoff(session._options, "reconnectionDelay");
        this._climbs = new Backoff(session._options, "climbDelay");
    }

    /**
     * @param {string[]} names the best first
     * @param {string | false} [first] the transport that worked the last time
     */
    _open(names, first) {
        this._names = names.filter(isSupported);
        this._begin(
            [...this._names].sort((a, b) => +(b === first) - +(a === first)),
            (error) => this._session._end("transport error", error)
        );
    }

    /**
     * @param {string[]} [names] the transports in order; by default the transport in use comes first, if there is one
     */
    _attach(names = this._startingAt()) {
        const session = this._session;
        this._stop();
        this._over = new Promise((resolve) => (this._settle = resolve));
        this._begin(names, () => {
            this._stop();
            if (session.transport) {
                this._climb();
                session._flush();
            } else if (session._closing || session._heartbeat._check()) {
                // The server has forgotten the session by now.
                session._end(...session._loss);
            } else {
                this._schedule(this._names, this._retries._next());
            }
        });
    }

    /**
     * @param {string[]} names
     * @param {(error: unknown) => void} fail
     * @param {boolean} [isProbe]
     */
    _begin(names, fail, isProbe) {
        this._search = new Search(this._session, names, fail, isProbe);
        this._search._try(Error("no transport"));
    }

    /** A transport came into use. */
    _start() {
        this._since = now();
        this._climb();
    }

    /** Cancels whatever is under way. */
    _stop() {
        clearTimeout(this._timer);
        this._search?._stop();
        this._search = this._over = undefined;
        this._settle?.();
    }

    /** @param {string[]} names the best first: the transport to switch to now */
    async _switch(names) {
        const isThere = !this._over && this._session.transport?.name === names[0];
        this._names = names.filter(isSupported);
        if (isThere) {
            this._stop();
        } else {
            this._attach([names[0]]);
            await this._over;
        }
    }

    /**
     * The transport in use is gone.
     *
     * @param {boolean} isSilent whether only the server's silence shows the loss
     */
    _lost(isSilent) {
        // While an attach is under way, the loss of the old transport is part of the attach.
        if (this._over || this._session._ended) {
            return;
        }
        // A transport that worked for long is tried again first, unless the network silently drops its data.
        const isSteady = now() - this._since >= STEADY;
        if (isSteady) {
            this._retries._attempts = this._climbs._attempts = 0;
        }
        // Each transport is tried once without a delay. If all of them fail, further attempts are delayed, to spare the
        // server.
        const index = this._index(this._session._last);
        const delay = this._retries._attempts++ < this._names.length ? 0 : this._retries._next();
        this._schedule(this._startingAt(isSteady && !isSilent ? index : index + 1), delay);
    }

    /** The place of a transport, by default of the one in use; 0 if there is none. */
    _index(transport = this._session.transport) {
        return Math.max(0, this._names.indexOf(/** @type {string} */ (transport?.name)));
    }

    /** @param {number} [index] the place of the first; by default that of the transport in use */
    _startingAt(index = this._index()) {
        return [...this._names.slice(index), ...this._names.slice(0, index)];
    }

    /**
     * @param {string[]} names
     * @param {number} delay
     */
    _schedule(names, delay) {
        this._stop();
        this._timer = setTimeout(() => this._attach(names), delay);
    }

    /**
     * Probes from time to time whether a better transport works by now. The search attaches to a transport that does.
     */
    _climb() {
        const better = this._names.slice(0, this._index());
        if (!better.length || !this._session._keep || this._session._options.upgrade === false) {
            return;
        }
        this._timer = setTimeout(() => this._begin(better, () => this._climb(), true), this._climbs._next());
    }
}
