// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { Backoff } from "./backoff.js";
import { Emitter } from "./emitter.js";
import { Session } from "./session.js";
import { Socket } from "./socket.js";
import { check, defaults } from "./options.js";
import { parseAddress, parseArguments } from "./address.js";
import { recall, remember } from "./memory.js";
import { isSupported } from "./transports/index.js";
import { watch } from "./page.js";

/** @typedef {import("../martlet.js").ManagerOptions} ManagerOptions */

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
    _reconnecting = false;
    /** Closed on purpose. */
    _stopped = false;
    /** @type {Backoff | undefined} */
    _backoff;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    _timer;
    /**
     * The transport that was chosen by hand.
     *
     * @type {string | undefined}
     */
    _preferred;
    /**
     * Listens to the page's events, from `open` to `close`.
     *
     * @type {AbortController | undefined}
     */
    _watching;

    /**
     * @param {string | URL | ManagerOptions | null} [address]
     * @param {ManagerOptions | null} [options]
     */
    constructor(address, options) {
        super();
        const [text, given] = parseArguments(address, options);
        check(given);
        const { uri, base, query } = parseAddress(text, given.path);
        this.uri = uri;
        this._base = base;
        /**
         * Read anew at each attempt, so that they may be changed in between.
         *
         * @type {any}
         */
        this.opts = { ...given };
        // What is undefined was not given.
        for (const [name, value] of Object.entries({ ...defaults, query: Object.fromEntries(new URLSearchParams(query)) })) {
            this.opts[name] ??= value;
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
     * Opens the connection, unless it is open or being opened.
     *
     * @param {(error?: unknown) => void} [callback]
     */
    open(callback) {
        if (this.engine) {
            return this;
        }
        this._stopped = false;
        if (!this._watching) {
            this._watching = new AbortController();
            watch(this, this._watching.signal);
        }
        const session = new Session(this._base, this.opts);
        this.engine = session;
        const { timeout, rememberTransport } = this.opts;
        const timer = timeout !== false && setTimeout(() => session._end("timeout", new Error("timeout")), timeout);
        session.on("open", () => {
            clearTimeout(/** @type {any} */ (timer));
            this._opened(callback);
        });
        session.on("close", (/** @type {string} */ reason, /** @type {unknown} */ details) => {
            clearTimeout(/** @type {any} */ (timer));
            if (session !== this.engine) {
                return;
            }
            if (this._isOpen) {
                this._closed(reason, details, session._window._recall());
            } else {
                this._failed(details ?? new Error(reason), callback);
            }
        });
        session.on("ping", () => this._dispatch("ping"));
        session.on("transport", (/** @type {string | undefined} */ name) => {
            if (session === this.engine) {
                if (name && rememberTransport && !this._preferred) {
                    remember(this._base, name);
                }
                this._dispatch("transport", name);
            }
        });
        session.on("message", (/** @type {string | ArrayBuffer} */ message) => this._received(session, message));
        session._open(this._order(), rememberTransport && !this._preferred ? recall(this._base) : undefined);
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
        // As the server's `of` does.
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

    /** Closes the connection, for all namespaces, and does not reconnect. */
    close() {
        this._stopped = true;
        this._reconnecting = false;
        this._watching?.abort();
        this._watching = undefined;
        this._drop("forced close");
    }

    disconnect() {
        this.close();
    }

    /**
     * Moves to another transport, and prefers it from now on. In a lossless session nobody else notices; a server
     * without those sees a reconnection, and sockets a `disconnect` and a `connect`.
     *
     * @param {string} name
     * @returns {Promise<void>} fulfilled when it is in use; rejected when another had to be taken instead
     */
    async switchTransport(name) {
        if (!isSupported(name)) {
            throw new Error(`no transport "${name}" here`);
        }
        this._preferred = name;
        const { engine } = this;
        if (engine?._keep) {
            await engine._route._switch(this._order());
        } else if (this.transport !== name) {
            const taken = new Promise((resolve) => this.once("transport", resolve));
            if (engine || this._reconnecting) {
                // At once, not by way of _reconnect, which would wait.
                this._reconnecting = true;
                this._drop("transport close", new Error("transport switch"));
                this.open();
            }
            await taken;
        }
        if (this.transport !== name) {
            throw new Error(`${name} failed, ${this.transport} is in use`);
        }
    }

    _order() {
        const names = [this.opts.transports].flat();
        return [...new Set([this._preferred ?? names[0], ...names])];
    }

    /** Whether what is sent now would leave soon. */
    get _idle() {
        return !!this.engine?._idle;
    }

    /**
     * @param {(string | ArrayBuffer | Blob)[]} messages
     * @param {object} [owner]
     */
    _send(messages, owner) {
        if (this._isOpen) {
            this.engine?._send(messages, owner);
        }
    }

    /** Bytes that wait for the server to take them. */
    get _waiting() {
        return this.engine?._window._bytes ?? 0;
    }

    /** @param {Socket} socket */
    _connect(socket) {
        if (this._isOpen) {
            socket._opened();
        } else if (!this._reconnecting) {
            this.open();
        }
    }

    /** A socket has left. */
    _disconnect() {
        if (!this._active().length) {
            this.close();
        }
    }

    _active() {
        return [...this._sockets.values()].filter((socket) => socket.active);
    }

    /** @param {((error?: unknown) => void) | undefined} callback */
    _opened(callback) {
        this._isOpen = true;
        this._reconnecting = false;
        // First: a socket that a listener adds greets the server by itself, and twice would be an error.
        for (const socket of this._active()) {
            socket._opened();
        }
        this._dispatch("open");
        callback?.();
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
        const socket = packet && this._sockets.get(packet.nsp);
        if (socket?.active) {
            socket._received(/** @type {import("./wire/socket-packet.js").Packet} */ (packet));
        }
    }

    /**
     * No session came about.
     *
     * @param {unknown} error
     * @param {((error?: unknown) => void) | undefined} callback
     */
    _failed(error, callback) {
        this.engine = undefined;
        this._dispatch("error", error);
        for (const socket of this._active()) {
            socket._dispatch("connect_error", error);
        }
        if (callback) {
            callback(error);
        } else {
            this._reconnecting = false;
            this._reconnect();
        }
    }

    /**
     * The session has ended.
     *
     * @param {string} reason
     * @param {unknown} details
     * @param {object[]} unsent what was never handed over, for the next session
     */
    _closed(reason, details, unsent) {
        this.engine = undefined;
        this._isOpen = false;
        this._backoff = undefined;
        for (const socket of this._active()) {
            socket._closed(reason, details, unsent);
        }
        this._dispatch("close", reason, details);
        this._reconnect();
    }

    /**
     * Leaves the session behind: it says goodbye by itself.
     *
     * @param {string} reason
     * @param {unknown} [details]
     */
    _drop(reason, details) {
        clearTimeout(this._timer);
        const { engine } = this;
        this.engine = undefined;
        // What was emitted before `close` still leaves with the session that it was meant for.
        const unsent = engine && !this._stopped ? engine._window._recall() : [];
        engine?._close();
        if (this._isOpen) {
            this._closed(reason, details, unsent);
        }
    }

    /** The network or the page is back. */
    _back() {
        if (this._reconnecting && !this.engine) {
            this._retry();
        } else {
            this.engine?._renew();
        }
    }

    _reconnect() {
        if (this._reconnecting || this._stopped || this.engine || !this.opts.reconnection) {
            return;
        }
        const { reconnectionDelay, reconnectionDelayMax, randomizationFactor, reconnectionAttempts } = this.opts;
        const backoff = (this._backoff ??= new Backoff(reconnectionDelay, reconnectionDelayMax, randomizationFactor));
        if (backoff._attempts >= reconnectionAttempts) {
            this._backoff = undefined;
            this._dispatch("reconnect_failed");
            return;
        }
        this._reconnecting = true;
        this._timer = setTimeout(() => this._retry(), backoff._next());
    }

    _retry() {
        clearTimeout(this._timer);
        const attempt = this._backoff?._attempts;
        this._dispatch("reconnect_attempt", attempt);
        if (this._stopped) {
            return;
        }
        this.open((error) => {
            this._reconnecting = false;
            if (error) {
                this._dispatch("reconnect_error", error);
                this._reconnect();
            } else {
                this._backoff = undefined;
                this._dispatch("reconnect", attempt);
            }
        });
    }
}

// manager.timeout() reads an option, manager.timeout(5000) sets it: as in socket.io-client.
for (const name of Object.keys(defaults)) {
    /** @type {any} */ (Manager.prototype)[name] = function (/** @type {unknown} */ value) {
        if (value === undefined) {
            return this.opts[name];
        }
        this.opts[name] = value;
        return this;
    };
}
