// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { Backoff } from "./backoff.js";
import { Search } from "./search.js";
import { STEADY, now } from "./clock.js";
import { isSupported } from "./transports/index.js";

/**
 * Which transport a session takes, and when it moves to another (PROTOCOL 4): by a handshake at first, and from then on
 * by attaching, whether it switches, falls or climbs.
 */
export class Route {
    /**
     * The transports, the best first.
     *
     * @type {string[]}
     */
    _names = [];
    /**
     * A handshake or an attach that is under way.
     *
     * @type {Search | undefined}
     */
    _search;
    /**
     * A look whether a better transport works by now.
     *
     * @type {Search | undefined}
     */
    _probe;
    /**
     * Fulfils the session's `_over`.
     *
     * @type {(() => void) | undefined}
     */
    _settle;
    /**
     * Until the next attach or probe.
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
     * @param {string | false} [first] what worked the last time
     */
    _open(names, first) {
        this._names = names.filter(isSupported);
        this._begin(
            [...this._names].sort((a, b) => +(b === first) - +(a === first)),
            (error) => this._session._end("transport error", error)
        );
    }

    /** @param {string[]} [names] in order; by default first the one in use, if there is one */
    _attach(names = this._startingAt()) {
        const session = this._session;
        this._stop();
        session._over = new Promise((resolve) => (this._settle = resolve));
        this._begin(names, () => {
            this._stop();
            if (session.transport) {
                this._climb();
                session._flush();
            } else if (session._closing || now() > session._lostAt + session._patience + session._keep) {
                // The server forgot it, even if it noticed the loss of the transport as late as can be.
                session._end(...session._loss);
            } else {
                this._schedule(this._names, this._retries._next());
            }
        });
    }

    /**
     * @param {string[]} names
     * @param {(error: unknown) => void} fail
     */
    _begin(names, fail) {
        this._search = new Search(this._session, names, fail);
        this._search._try(new Error("no transport"));
    }

    /** What was under way is given up. */
    _stop() {
        clearTimeout(this._timer);
        this._search?._stop();
        this._probe?._stop();
        this._search = this._probe = undefined;
        this._session._over = undefined;
        this._settle?.();
    }

    /** @param {string[]} names the best first, which is the one to take now */
    async _switch(names) {
        const isThere = !this._search && this._session.transport?.name === names[0];
        this._names = names.filter(isSupported);
        if (isThere) {
            this._stop();
        } else {
            this._attach([names[0]]);
            await this._session._over;
        }
    }

    /**
     * The transport in use is gone.
     *
     * @param {number} index its place among the names
     * @param {boolean} isSilent whether it is only known by its silence
     */
    _lost(index, isSilent) {
        // A transport that closes while an attach is under way is part of it.
        if (this._search || this._session._ended) {
            return;
        }
        // Whether it is the first that is tried again.
        const isSteady = now() - this._session._since >= STEADY;
        if (isSteady) {
            this._retries._attempts = this._climbs._attempts = 0;
        }
        // Each transport has its chance at once; a server that lets all of them die is not to be hammered.
        const delay = this._retries._attempts++ < this._names.length ? 0 : this._retries._next();
        this._schedule(this._startingAt(isSteady && !isSilent ? index : index + 1), delay);
    }

    /** The place of the transport in use. */
    _index() {
        return Math.max(0, this._names.indexOf(this._session.transport?.name ?? ""));
    }

    /** @param {number} [index] by default that of the transport in use */
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

    /** Looks from time to time whether a better transport works by now, and attaches only to one that does. */
    _climb() {
        const session = this._session;
        const better = this._names.slice(0, this._index());
        if (!better.length || !session._keep) {
            return;
        }
        this._timer = setTimeout(() => {
            this._probe = new Search(session, better, () => this._climb(), true);
            this._probe._try();
        }, this._climbs._next());
    }
}
