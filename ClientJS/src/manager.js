// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { Backoff } from "./backoff.js";
import { Emitter, run } from "./emitter.js";
import { Session } from "./session.js";
import { Socket } from "./socket.js";
import { check, defaults } from "./options.js";
import { STEADY, now } from "./clock.js";
import { parseAddress, parseArguments } from "./address.js";
import { recall, remember } from "./memory.js";
import { isSupported } from "./transports/index.js";
import { watch } from "./page.js";

/** @typedef {import("./options.js").ManagerOptions} ManagerOptions */
/** @typedef {import("./options.js").Settings} Settings */
/** @typedef {Settings & Record<string, unknown>} ByName */

/**
 * The connection to a server, shared by its namespaces: opens sessions, one after the other, and tells the sockets.
 * Events: `open`, `close`, `error`, `ping`, `transport` (name or undefined), `reconnect_attempt`, `reconnect`, `reconnect_error`,
 * `reconnect_failed`.
 */
export class Manager extends Emitter {
    /**
     * The session in use or being opened.
     *
     * @type {Session | undefined}
     */
    engine;
    /** @type {Map<string, Socket>} */
    _sockets = new Map();
    _isOpen = false;
    /** When the connection opened. */
    _since = 0;
    /** Whether an attempt to reconnect is scheduled or under way. */
    _reconnecting = false;
    /** How many attempts to reconnect there were since the last good connection. */
    _attempts = 0;
    /**
     * The timer of the next attempt.
     *
     * @type {ReturnType<typeof setTimeout> | undefined}
     */
    _timer;
    /** Whether the page has closed the connection. */
    _stopped = false;
    /**
     * The transport that the page has chosen with `switchTransport`.
     *
     * @type {string | undefined}
     */
    _preferred;
    /**
     * Stops listening to the page's events; set from `open` to `close`.
     *
     * @type {AbortController | undefined}
     */
    _aborter;

    /**
     * @param {string | URL | ManagerOptions | null} [address]
     * @param {ManagerOptions | null} [options]
     */
    constructor(address, options) {
        super();
        const [text, given] = parseArguments(address, options);
        check(given);
        const { uri, base, query } = parseAddress(text, given);
        this.uri = uri;
        this._base = base;
        /** Read anew at each attempt, so that the page may change options in between. */
        this.opts = /** @type {Settings} */ ({ ...given });
        // An undefined option counts as not given.
        for (const [name, value] of Object.entries({ ...defaults, query: Object.fromEntries(new URLSearchParams(query)) })) {
            /** @type {ByName} */ (this.opts)[name] ??= value;
        }
        if (this.opts.autoConnect) {
            this.open();
        }
    }

    /** The name of the transport in use. */
    get transport() {
        return this.engine?.transport?.name;
    }

    /**
     * Opens the connection, unless it is open or being opened. A scheduled attempt is made at once.
     *
     * @param {(error?: unknown) => void} [callback]
     */
    open(callback) {
        if (this.engine) {
            return this;
        }
        clearTimeout(this._timer);
        this._stopped = false;
        this._aborter ??= watch(this);
        const session = new Session(this._base, this.opts);
        this.engine = session;
        /** @type {ReturnType<typeof setTimeout> | undefined} */
        let timer;
        session.on("open", () => {
            clearTimeout(timer);
            this._opened(callback);
        });
        session.on("close", (/** @type {string} */ reason, /** @type {unknown} */ details) => {
            clearTimeout(timer);
            if (session !== this.engine) {
                return;
            }
            this.engine = undefined;
            if (this._isOpen) {
                this._closed(reason, details, session._window._recall());
            } else {
                this._failed(details ?? Error(reason), callback);
            }
        });
        session.on("ping", () => this._dispatch("ping"));
        session.on("transport", (/** @type {string | undefined} */ name) => {
            if (session === this.engine) {
                if (name && this.opts.rememberTransport && !this._preferred) {
                    remember(this._base, name);
                }
                this._dispatch("transport", name);
            }
        });
        session.on("message", (/** @type {string | ArrayBuffer} */ message) => this._received(session, message));
        if (this._reconnecting) {
            this._dispatch("reconnect_attempt", this._attempts);
        }
        // A listener may have closed the connection.
        if (session === this.engine) {
            const { timeout, rememberTransport } = this.opts;
            if (timeout !== false) {
                timer = setTimeout(() => session._end("timeout", Error("timeout")), timeout);
            }
            session._open(this._order(), rememberTransport && !this._preferred && recall(this._base));
        }
        return this;
    }

    /** @param {(error?: unknown) => void} [callback] */
    connect(callback) {
        return this.open(callback);
    }

    /**
     * A socket for a namespace; the same one for the same name.
     *
     * @param {string} nsp
     * @param {import("../martlet.js").SocketOptions | null} [options]
     */
    socket(nsp, options) {
        // The server's `of` adds the slash as well.
        nsp = nsp.replace(/^\/?/, "/");
        let socket = this._sockets.get(nsp);
        if (!socket) {
            socket = new Socket(this, nsp, options);
            this._sockets.set(nsp, socket);
        }
        if (this.opts.autoConnect) {
            socket.connect();
        }
        return socket;
    }

    /** Closes the connection of all namespaces, and does not reconnect. */
    close() {
        this._stopped = true;
        this._stop();
        this._aborter?.abort();
        this._aborter = undefined;
        this._drop("forced close");
    }

    disconnect() {
        this.close();
    }

    /**
     * Moves to another transport, and prefers it from now on. A lossless session goes on undisturbed; a plain one
     * reconnects, and its sockets see a `disconnect` and a `connect`.
     *
     * @param {string} name
     * @returns {Promise<void>} fulfilled when the transport is in use; rejected when another one had to be taken
     */
    async switchTransport(name) {
        if (!isSupported(name)) {
            throw Error(`no transport "${name}" here`);
        }
        this._preferred = name;
        const { engine } = this;
        if (engine?._keep) {
            await engine._route._switch(this._order());
        } else if (this.transport !== name) {
            const taken = new Promise((resolve) => this.once("transport", resolve));
            if (this._isBusy) {
                this._drop("transport close", Error("transport switch"));
                // Reconnect without a delay, unless a listener has closed the connection.
                if (!this._stopped) {
                    this.open();
                }
            }
            await taken;
        }
        if (this.transport !== name) {
            throw Error(`${name} failed, ${this.transport} is in use`);
        }
    }

    _order() {
        return [...new Set([this._preferred ?? "", this.opts.transports].flat())];
    }

    /**
     * @param {(string | ArrayBuffer | Blob)[]} messages
     * @param {import("./acknowledgement-window.js").Owner} [owner]
     */
    _send(messages, owner) {
        if (this._isOpen) {
            this.engine?._send(messages, owner);
        }
    }

    /** How many bytes wait in the session's window. */
    get _waiting() {
        return this.engine?._window._bytes ?? 0;
    }

    /** Whether there is a connection, or will be one without a call of `open`. */
    get _isBusy() {
        return !!this.engine || this._reconnecting;
    }

    _wanted() {
        return [...this._sockets.values()].filter((socket) => socket._wanted);
    }

    /** @param {((error?: unknown) => void) | undefined} callback */
    _opened(callback) {
        const { _reconnecting, _attempts } = this;
        this._isOpen = true;
        this._since = now();
        this._reconnecting = false;
        this._dispatch("open");
        for (const socket of this._wanted()) {
            socket._opened();
        }
        if (callback) {
            run(callback, this, []);
        }
        if (_reconnecting) {
            this._dispatch("reconnect", _attempts);
        }
    }

    /**
     * @param {Session} session
     * @param {string | ArrayBuffer} message
     */
    _received(session, message) {
        if (session !== this.engine) {
            return;
        }
        let packet;
        try {
            packet = session._decoder._add(message);
        } catch (error) {
            return this._drop("parse error", error);
        }
        if (packet) {
            this._sockets.get(packet.nsp)?._received(packet);
        }
    }

    /**
     * No session could be opened.
     *
     * @param {unknown} error
     * @param {((error?: unknown) => void) | undefined} callback
     */
    _failed(error, callback) {
        const { _reconnecting } = this;
        // A caller with a callback decides itself whether to try again; but a reconnection goes on.
        const hasGivenUp = (_reconnecting || !callback) && this._plan();
        this._dispatch("error", error);
        for (const socket of this._wanted()) {
            socket._dispatch("connect_error", error);
        }
        if (callback) {
            run(callback, this, [error]);
        }
        if (_reconnecting) {
            this._dispatch("reconnect_error", error);
        }
        if (hasGivenUp) {
            this._dispatch("reconnect_failed");
        }
    }

    /**
     * The session has ended.
     *
     * @param {string} reason
     * @param {unknown} details
     * @param {object[]} [unsent] the events that were never handed over, for the next session
     */
    _closed(reason, details, unsent) {
        this._isOpen = false;
        if (now() - this._since >= STEADY) {
            // The connection was good, although no namespace was answered.
            this._attempts = 0;
        }
        const hasGivenUp = this._plan();
        for (const socket of this._wanted()) {
            socket._closed(reason, details, unsent);
        }
        this._dispatch("close", reason, details);
        if (hasGivenUp) {
            this._dispatch("reconnect_failed");
        }
    }

    /**
     * Drops the session, which closes by itself once its messages have left.
     *
     * @param {string} reason
     * @param {unknown} [details]
     */
    _drop(reason, details) {
        const { engine } = this;
        this.engine = undefined;
        // Events emitted before `close` still leave with this session.
        const unsent = this._stopped ? [] : engine?._window._recall();
        engine?._close();
        if (this._isOpen) {
            this._closed(reason, details, unsent);
        }
    }

    /** Cancels the scheduled attempt. */
    _stop() {
        clearTimeout(this._timer);
        this._reconnecting = false;
        this._attempts = 0;
    }

    /**
     * Schedules the next attempt, if there is to be one. This happens before any listener learns of the loss: a
     * listener may ask whether a socket is `active`, and may cancel the attempt.
     *
     * @returns {boolean | undefined} whether the manager gives up, after `reconnectionAttempts` attempts
     */
    _plan() {
        const { _attempts } = this;
        const { reconnection, reconnectionAttempts } = this.opts;
        this._stop();
        if (this._stopped || !reconnection) {
            return;
        }
        if (_attempts >= reconnectionAttempts) {
            return true;
        }
        const backoff = new Backoff(this.opts, "reconnectionDelay");
        backoff._attempts = _attempts;
        this._attempts = _attempts + 1;
        this._reconnecting = true;
        this._timer = setTimeout(() => (this.opts.reconnection ? this.open() : this._stop()), backoff._next());
    }
}

// manager.timeout() reads an option, manager.timeout(5000) sets it: as in socket.io-client.
for (const name of Object.keys(defaults)) {
    Object.assign(Manager.prototype, {
        /** @this {Manager} @param {unknown} value */
        [name](value) {
            if (value === undefined) {
                return /** @type {ByName} */ (this.opts)[name];
            }
            /** @type {ByName} */ (this.opts)[name] = value;
            if (!this.opts.reconnection && !this.engine) {
                this._stop();
            }
            return this;
        },
    });
}
