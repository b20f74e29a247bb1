// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { ACK, CONNECT, CONNECT_ERROR, DISCONNECT, EVENT, RESERVED_EVENTS, encode } from "./wire/socket-packet.js";
import { Emitter, run } from "./emitter.js";
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
 */

/**
 * A callback that waits for its acknowledgement.
 *
 * @typedef {object} Pending
 * @property {Function} _callback
 * @property {boolean} _takesError whether its first argument is an error
 * @property {ReturnType<typeof setTimeout>} [_timer]
 */

/** One namespace on a manager's connection. */
export class Socket extends Emitter {
    /** @type {string | undefined} */
    id;
    connected = false;
    /** Whether the missed events of an interrupted connection were replayed (connection state recovery). */
    recovered = false;
    /** Whether it is connected, or will be when the server is reached again. */
    active = false;
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
    _bufferedBytes = 0;
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

    connect() {
        if (!this.active) {
            this.active = true;
            this.io._connect(this);
        }
        return this;
    }

    open() {
        return this.connect();
    }

    disconnect() {
        const { connected } = this;
        if (connected) {
            this.io._send(encode({ type: DISCONNECT, nsp: this.nsp }));
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
        const messages = encode({ type: EVENT, nsp: this.nsp, id, data: args });
        if (flags.volatile && !(this.connected && this.io._idle)) {
            if (pending?._takesError) {
                run(pending._callback, this, [new Error("volatile event dropped")]);
            }
            return;
        }
        /** @type {Outgoing} */
        const outgoing = { socket: this, messages, size: messages.reduce((sum, message) => sum + sizeOf(message), 0), args, id };
        if (!this.sendBuffer.length) {
            this._bufferedBytes = 0;
        }
        if (this._bufferedBytes + this.io._waiting + outgoing.size > this.io.opts.sendBufferLimit) {
            throw new Error("the send buffer is full");
        }
        if (pending) {
            this._expect(/** @type {number} */ (id), pending, flags.timeout ?? this._ackTimeout);
        }
        if (this.connected) {
            this._transmit(outgoing);
        } else {
            this._buffer(outgoing);
        }
    }

    /** @param {Outgoing} outgoing */
    _buffer(outgoing) {
        this._bufferedBytes += outgoing.size;
        this.sendBuffer.push(outgoing);
    }

    /** @param {Outgoing} outgoing */
    _transmit(outgoing) {
        const { messages, args } = outgoing;
        if (args) {
            outgoing.args = undefined;
            for (const listener of this._catchAll.listeners("AnyOutgoing")) {
                run(listener, this, args);
            }
        }
        this.io._send(messages, outgoing);
    }

    /**
     * @param {number} id
     * @param {Pending} pending
     * @param {number} [timeout] ms
     */
    _expect(id, pending, timeout) {
        this._pending.set(id, pending);
        if (timeout !== undefined) {
            pending._timer = setTimeout(() => {
                this._pending.delete(id);
                this.sendBuffer = this.sendBuffer.filter((outgoing) => outgoing.id !== id);
                run(pending._callback, this, [new Error("operation has timed out")]);
            }, timeout);
        }
    }

    /** The manager has a connection. */
    _opened() {
        const { auth, io } = this;
        const { engine } = io;
        /** @param {object} [data] */
        const handshake = (data) => {
            if (this.active && io.engine === engine) {
                const recovery = this._pid && { pid: this._pid, offset: this._lastOffset };
                io._send(encode({ type: CONNECT, nsp: this.nsp, data: recovery ? { ...recovery, ...data } : data }));
            }
        };
        if (typeof auth === "function") {
            auth(handshake);
        } else {
            handshake(auth);
        }
    }

    /**
     * A packet for this namespace.
     *
     * @param {Packet} packet
     */
    _received(packet) {
        const { type, data } = packet;
        if (type === CONNECT) {
            if (data?.sid) {
                this._joined(data.sid, data.pid);
            } else {
                this._dispatch("connect_error", new Error("older Socket.IO protocol"));
            }
        } else if (type === CONNECT_ERROR) {
            this._leave();
            const error = new Error(data.message ?? data);
            this._dispatch("connect_error", Object.assign(error, { data: data.data }));
        } else if (type === DISCONNECT) {
            this._leave();
            this._closed("io server disconnect");
        } else if (type === ACK) {
            this._acknowledged(packet);
        } else if (this.connected) {
            this._event(packet);
        } else {
            this.receiveBuffer.push(packet);
        }
    }

    /**
     * @param {string} id
     * @param {string} [pid]
     */
    _joined(id, pid) {
        this.id = id;
        this.recovered = !!pid && this._pid === pid;
        this._pid = pid;
        this.connected = true;
        const received = this.receiveBuffer;
        const unsent = this.sendBuffer;
        this.receiveBuffer = [];
        this.sendBuffer = [];
        for (const packet of received) {
            this._event(packet);
        }
        for (const outgoing of unsent) {
            this._transmit(outgoing);
        }
        this._dispatch("connect");
    }

    /** @param {Packet} packet */
    _event({ id, data }) {
        const args = [...data];
        if (id !== undefined) {
            // In another session the number would be that of another event.
            let { engine } = this.io;
            /** @param {...unknown} answer */
            const acknowledge = (...answer) => {
                if (engine && engine === this.io.engine) {
                    engine = undefined;
                    this.io._send(encode({ type: ACK, nsp: this.nsp, id, data: answer }));
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

    /** @param {Packet} packet */
    _acknowledged({ id, data }) {
        const pending = this._pending.get(/** @type {number} */ (id));
        if (pending) {
            this._pending.delete(/** @type {number} */ (id));
            clearTimeout(pending._timer);
            run(pending._callback, this, pending._takesError ? [null, ...data] : data);
        }
    }

    /** No longer wanted: not after a reconnection either. The manager closes when nobody is left. */
    _leave() {
        this.active = false;
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
        if (!this.connected) {
            return;
        }
        this.connected = false;
        this.id = undefined;
        this._bufferedBytes = 0;
        for (const outgoing of /** @type {Outgoing[]} */ (unsent)) {
            if (outgoing.socket === this && (outgoing.id === undefined || this._pending.has(outgoing.id))) {
                this._buffer(outgoing);
            }
        }
        this._dispatch("disconnect", reason, details);
        // What is still in the buffer can be acknowledged later; what was sent cannot.
        for (const [id, pending] of this._pending) {
            if (!this.sendBuffer.some((outgoing) => outgoing.id === id)) {
                this._pending.delete(id);
                clearTimeout(pending._timer);
                if (pending._takesError) {
                    run(pending._callback, this, [new Error("socket has been disconnected")]);
                }
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
            const listeners = this._catchAll.listeners(kind);
            this._catchAll.off(kind).on(kind, listener);
            listeners.forEach((each) => this._catchAll.on(kind, each));
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
