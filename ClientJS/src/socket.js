// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { ACK, CONNECT, CONNECT_ERROR, DISCONNECT, EVENT, RESERVED_EVENTS, encode, encodeConnect } from "./wire/socket-packet.js";
import { Emitter, report, run } from "./emitter.js";
import { check } from "./options.js";
import { sizeOf } from "./acknowledgement-window.js";

/** @typedef {import("./wire/socket-packet.js").Packet} Packet */

/**
 * @typedef {object} Outgoing
 * @property {Socket} socket
 * @property {(string | ArrayBuffer | Blob)[]} messages encoded when `emit` was called
 * @property {number} size in bytes, or nearly
 * @property {unknown[] | undefined} args until the listeners for what goes out were told
 * @property {number | undefined} id
 * @property {(error: unknown) => void} _fail its Blobs cannot be read
 */

/**
 * A callback that waits for its acknowledgement.
 *
 * @typedef {object} Pending
 * @property {Function} _callback
 * @property {boolean} _takesError whether its first argument is an error
 * @property {ReturnType<typeof setTimeout>} [_timer]
 */

/**
 * A stay in the namespace, from the greeting to the leaving, or to the end of the connection.
 *
 * @typedef {object} Visit
 * @property {boolean} [_isFirst] whether nothing can come on the connection that is for one before
 */

/** One namespace on a manager's connection. */
export class Socket extends Emitter {
    /** @type {string | undefined} */
    id;
    connected = false;
    /** Whether the missed events of an interrupted connection were replayed (connection state recovery). */
    recovered = false;
    /** Between `connect` and `disconnect`, or the server's refusal. */
    _wanted = false;
    /**
     * The present one: what belongs to an earlier one is ignored.
     *
     * @type {Visit | undefined}
     */
    _visit;
    /**
     * The one whose handshake was sent and is not answered, be it the present one or one that was left.
     *
     * @type {Visit | undefined}
     */
    _asking;
    /**
     * The session in which it last sent a handshake that was not refused.
     *
     * @type {object | undefined}
     */
    _greeted;
    /**
     * What waits for a connection.
     *
     * @type {Outgoing[]}
     */
    sendBuffer = [];
    /**
     * What came before the answer to the handshake.
     *
     * @type {Packet[]}
     */
    receiveBuffer = [];
    /** Of what waits. */
    _bytes = 0;
    _nextId = 0;
    /** @type {Map<number, Pending>} */
    _pending = new Map();
    /** @type {{volatile?: boolean, timeout?: number}} */
    _flags = {};
    _catchAll = new Emitter();
    /** @type {string | undefined} */
    _pid;
    /** @type {string | undefined} */
    _lastOffset;

    /**
     * @param {import("./manager.js").Manager} io
     * @param {string} nsp
     * @param {import("../martlet.js").SocketOptions | null} [options]
     */
    constructor(io, nsp, options) {
        super();
        check(options ?? {});
        this.io = io;
        this.nsp = nsp;
        this.auth = options?.auth;
        /** @type {number | undefined} */
        this._ackTimeout = options?.ackTimeout ?? io.opts.ackTimeout;
    }

    get disconnected() {
        return !this.connected;
    }

    /** Whether it is connected, or will be by itself when the server is reached. */
    get active() {
        return this._wanted && this.io._isBusy;
    }

    connect() {
        this._wanted = true;
        this.io._connect(this);
        return this;
    }

    open() {
        return this.connect();
    }

    disconnect() {
        const { connected } = this;
        if (connected) {
            this.io._send(this._encode(DISCONNECT));
        }
        this._leave();
        if (connected) {
            this._closed("io client disconnect");
        }
        return this;
    }

    close() {
        return this.disconnect();
    }

    /**
     * Sends an event. A function as the last argument is called with the acknowledgement.
     *
     * @param {string} event
     * @param {...any} args
     */
    emit(event, ...args) {
        const callback = typeof args[args.length - 1] === "function" ? args.pop() : undefined;
        const _takesError = (this._flags.timeout ?? this._ackTimeout) !== undefined;
        this._emit([event, ...args], callback && { _callback: callback, _takesError });
        return this;
    }

    /**
     * @param {string} event
     * @param {...any} args
     * @returns {Promise<any>}
     */
    emitWithAck(event, ...args) {
        return new Promise((resolve, reject) => {
            /** @type {(error: unknown, value: unknown) => void} */
            const callback = (error, value) => (error ? reject(error) : resolve(value));
            this._emit([event, ...args], { _callback: callback, _takesError: true });
        });
    }

    /** @param {...any} args */
    send(...args) {
        return this.emit("message", ...args);
    }

    /** The next event is dropped if it cannot leave soon. */
    get volatile() {
        this._flags.volatile = true;
        return this;
    }

    /**
     * The callback of the next event gets an error as its first argument, if no acknowledgement came in time.
     *
     * @param {number} ms
     */
    timeout(ms) {
        this._flags.timeout = ms;
        return this;
    }

    /**
     * Compression is the browser's and the server's matter; here for pages that call it.
     *
     * @param {boolean} _on
     */
    compress(_on) {
        return this;
    }

    /**
     * @param {unknown[]} args
     * @param {Pending} [pending]
     */
    _emit(args, pending) {
        const flags = this._flags;
        this._flags = {};
        const [event] = args;
        if (typeof event !== "string" && typeof event !== "number") {
            throw new TypeError("an event's name is a string");
        }
        if (RESERVED_EVENTS.test(/** @type {string} */ (event))) {
            throw new Error(`"${event}" is a reserved event name`);
        }
        const id = pending && this._nextId++;
        const messages = this._encode(EVENT, id, args);
        const isDropped = flags.volatile && !(this.connected && this.io._idle);
        /** @type {Outgoing} */
        const outgoing = {
            socket: this,
            messages,
            size: messages.reduce((sum, message) => sum + sizeOf(message), 0),
            args,
            id,
            _fail: (error) => this._settle(id, error) || report(error),
        };
        if (!this.sendBuffer.length) {
            this._bytes = 0;
        }
        if (!isDropped && this._bytes + this.io._waiting + outgoing.size > this.io.opts.sendBufferLimit) {
            throw new Error("the send buffer is full");
        }
        if (pending) {
            const timeout = flags.timeout ?? this._ackTimeout;
            this._pending.set(/** @type {number} */ (id), pending);
            if (timeout !== undefined) {
                pending._timer = setTimeout(() => {
                    this.sendBuffer = this.sendBuffer.filter((outgoing) => outgoing.id !== id);
                    this._settle(id, new Error("operation has timed out"));
                }, timeout);
            }
        }
        if (isDropped) {
            this._settle(id, new Error("volatile event dropped"));
        } else {
            this._send(outgoing);
        }
    }

    /**
     * The messages of a packet. Throws if it is one that a server would answer by closing the connection.
     *
     * @param {number} type
     * @param {number} [id]
     * @param {unknown[]} [data]
     */
    _encode(type, id, data) {
        const messages = encode({ type, nsp: this.nsp, id, data });
        if (messages.length > this.io.opts.maxAttachments + 1) {
            throw new Error("too many attachments, see maxAttachments");
        }
        return messages;
    }

    /** @param {Outgoing} outgoing */
    _buffer(outgoing) {
        this._bytes += outgoing.size;
        this.sendBuffer.push(outgoing);
    }

    /** @param {Outgoing} outgoing */
    _send(outgoing) {
        const { messages, args } = outgoing;
        if (this.connected && args) {
            outgoing.args = undefined;
            for (const listener of this._catchAll.listeners("AnyOutgoing")) {
                run(listener, this, args);
            }
        }
        // A listener may have left.
        if (this.connected) {
            this.io._send(messages, outgoing);
        } else {
            this._buffer(outgoing);
        }
    }

    /**
     * A callback has waited long enough, if it still does.
     *
     * @param {number | undefined} id
     * @param {unknown} error why there is no acknowledgement; a callback that takes no error is not called then
     * @param {unknown[]} [data] the acknowledgement
     * @returns {boolean | undefined} whether it was called
     */
    _settle(id, error, data = []) {
        const pending = this._pending.get(/** @type {number} */ (id));
        if (pending) {
            const { _callback, _takesError, _timer } = pending;
            this._pending.delete(/** @type {number} */ (id));
            clearTimeout(_timer);
            if (_takesError || !error) {
                run(_callback, this, _takesError ? [error, ...data] : data);
                return true;
            }
        }
    }

    /**
     * Greets the server, when there is a connection. The answer to a greeting that was left comes first: a server that
     * hears of a namespace which it has not yet answered may close the connection, and with it all other namespaces.
     */
    _opened() {
        const { auth, io } = this;
        const { engine } = io;
        if (this._greeted !== engine) {
            this._asking = undefined;
        }
        if (!io._isOpen || this._visit || this._asking) {
            return;
        }
        /** @type {Visit} */
        const visit = (this._visit = {});
        const isPending = () => visit === this._visit && visit._isFirst === undefined;
        /** @param {unknown} error */
        const fail = (error) => {
            if (isPending()) {
                // In a task of its own: a listener that connects again at once, and fails again, is not to block the page.
                setTimeout(() => isPending() && this._failed(error));
            } else {
                report(error);
            }
        };
        /** @param {object} [data] */
        const handshake = (data) => {
            if (!isPending()) {
                return;
            }
            const isFirst = this._greeted !== engine;
            const recovery = isFirst && this._pid ? { pid: this._pid, offset: this._lastOffset } : undefined;
            try {
                const messages = encodeConnect(this.nsp, data, recovery);
                visit._isFirst = isFirst;
                this.receiveBuffer = [];
                this._greeted = engine;
                this._asking = visit;
                io._send(messages);
            } catch (error) {
                fail(error);
            }
        };
        const greet = async () => (typeof auth === "function" ? auth(handshake) : handshake(auth));
        greet().catch(fail);
    }

    /**
     * A packet for this namespace.
     *
     * @param {Packet} packet
     */
    _received(packet) {
        const { type } = packet;
        if (type === CONNECT || type === CONNECT_ERROR) {
            this._answered(packet);
        } else if (!this.connected) {
            // Before its answer come the events that a recovery has missed. Others are for a visit that was left.
            if (type === EVENT && this._asking?._isFirst && this._asking === this._visit) {
                this.receiveBuffer.push(packet);
            }
        } else if (type === DISCONNECT) {
            this._leave();
            this._closed("io server disconnect");
        } else if (type === ACK) {
            this._settle(packet.id, null, packet.data);
        } else {
            this._event(packet);
        }
    }

    /**
     * The server's answer to a handshake.
     *
     * @param {Packet} packet
     */
    _answered({ type, data }) {
        const visit = this._asking;
        this._asking = undefined;
        if (!visit) {
            return;
        }
        // The connection is good.
        this.io._attempts = 0;
        if (type === CONNECT_ERROR) {
            // Nothing can be under way for that visit.
            this._greeted = undefined;
        }
        if (visit !== this._visit) {
            if (type === CONNECT) {
                this.io._send(this._encode(DISCONNECT));
            }
            if (this._wanted) {
                this._opened();
            }
        } else if (type === CONNECT_ERROR) {
            this._failed(Object.assign(new Error(data.message ?? data), { data: data.data }));
        } else if (data?.sid) {
            this._joined(data.sid, data.pid);
        } else {
            this._failed(new Error("older Socket.IO protocol"));
        }
    }

    /** @param {unknown} error */
    _failed(error) {
        this._leave();
        this._dispatch("connect_error", error);
    }

    /**
     * @param {string} id
     * @param {string} [pid]
     */
    _joined(id, pid) {
        this.id = id;
        this.recovered = !!pid && this._pid === pid;
        this._pid = pid;
        const received = this.receiveBuffer;
        const unsent = this.sendBuffer;
        this.receiveBuffer = [];
        this.sendBuffer = [];
        this.connected = true;
        // Any of the listeners may leave.
        for (const packet of received) {
            if (this.connected) {
                this._event(packet);
            }
        }
        for (const outgoing of unsent) {
            this._send(outgoing);
        }
        if (this.connected) {
            this._dispatch("connect");
        }
    }

    /** @param {Packet} packet */
    _event({ id, data }) {
        const args = [...data];
        if (id !== undefined) {
            // In another session the number would be that of another event; and a server closes the connection on
            // whoever speaks in a namespace that he has left.
            let visit = this._visit;
            /** @param {...unknown} answer */
            const acknowledge = (...answer) => {
                if (visit && visit === this._visit) {
                    const messages = this._encode(ACK, id, answer);
                    visit = undefined;
                    this.io._send(messages);
                }
            };
            args.push(acknowledge);
        }
        for (const listener of this._catchAll.listeners("Any")) {
            run(listener, this, args);
        }
        this._dispatch(.../** @type {[string, ...unknown[]]} */ (args));
        const offset = data[data.length - 1];
        if (this._pid && data.length > 1 && typeof offset === "string") {
            this._lastOffset = offset;
        }
    }

    /** No longer wanted: not after a reconnection either. The manager closes when nobody is left. */
    _leave() {
        this._wanted = false;
        this._visit = undefined;
        this.io._disconnect();
    }

    /**
     * The connection is gone, or this namespace's part in it.
     *
     * @param {string} reason
     * @param {unknown} [details]
     * @param {object[]} [unsent] what was emitted, by whichever socket, and not handed over: it goes out again
     */
    _closed(reason, details, unsent = []) {
        const { connected, _visit } = this;
        this._visit = undefined;
        if (!connected) {
            if (_visit && _visit === this._asking && !this.io._stopped) {
                this._dispatch("connect_error", Object.assign(new Error(`closed before the answer: ${reason}`), { details }));
            }
            return;
        }
        this.connected = false;
        this.id = undefined;
        this._bytes = 0;
        for (const outgoing of /** @type {Outgoing[]} */ (unsent)) {
            if (outgoing.socket === this && (outgoing.id === undefined || this._pending.has(outgoing.id))) {
                this._buffer(outgoing);
            }
        }
        this._dispatch("disconnect", reason, details);
        // What is still in the buffer can be acknowledged later; what was sent cannot.
        for (const id of this._pending.keys()) {
            if (!this.sendBuffer.some((outgoing) => outgoing.id === id)) {
                this._settle(id, new Error("socket has been disconnected"));
            }
        }
    }
}

// Listeners for every event that comes, `onAny` and so on, and for every event that is sent, `onAnyOutgoing`.
for (const kind of ["Any", "AnyOutgoing"]) {
    Object.assign(Socket.prototype, {
        /** @this {Socket} @param {Function} listener */
        ["on" + kind](listener) {
            this._catchAll.on(kind, listener);
            return this;
        },
        /** @this {Socket} @param {Function} listener */
        ["prepend" + kind](listener) {
            this._catchAll._listeners.set(kind, [listener, ...this._catchAll.listeners(kind)]);
            return this;
        },
        /** @this {Socket} @param {Function} [listener] */
        ["off" + kind](listener) {
            this._catchAll.off(kind, listener);
            return this;
        },
        /** @this {Socket} */
        ["listeners" + kind]() {
            return this._catchAll.listeners(kind);
        },
    });
}
