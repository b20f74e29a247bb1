// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { sizeOf } from "./acknowledgement-window.js";
import { EVENT, RESERVED_EVENTS, encode, isName } from "./wire/socket-packet.js";
import { report, run } from "./emitter.js";
import { CatchAllEmitter } from "./catch-all-emitter.js";

/**
 * An event on its way to the session.
 *
 * @typedef {object} Outgoing
 * @property {EventSender} _socket the socket that sends the event
 * @property {(string | ArrayBuffer | Blob)[]} _messages encoded when `emit` was called
 * @property {number} _size in bytes, or nearly
 * @property {unknown[] | undefined} _args kept until the `onAnyOutgoing` listeners have been called
 * @property {number | undefined} id
 * @property {(error: unknown) => void} _fail called when its Blobs cannot be read
 * @property {() => void} [_start] with `retries` only: a try begins
 */

/**
 * Calls a callback that waits for its acknowledgement, or drops it; works once.
 *
 * @typedef {(error: unknown, data?: unknown[]) => boolean | undefined} Settle
 */

/** The sending half of a socket: events, the buffer where they wait for a connection, and pending acknowledgements. */
export class EventSender extends CatchAllEmitter {
    connected = false;
    /**
     * The events that wait for a connection.
     *
     * @type {Outgoing[]}
     */
    sendBuffer = [];
    /** The size of `sendBuffer` in bytes. */
    _bytes = 0;
    /**
     * With `retries`: the events that the server has not acknowledged. The first is sent, again and again until it is,
     * and only then the next.
     *
     * @type {Outgoing[]}
     */
    _queue = [];
    /** The size of `_queue` in bytes. */
    _queued = 0;
    _nextId = 0;
    /**
     * The pending acknowledgements, by the event's id.
     *
     * @type {Map<number | undefined, Settle>}
     */
    _pending = new Map();
    /**
     * The settings of the next event from `volatile` and `timeout`.
     *
     * @type {{_isVolatile?: boolean, _timeout?: number}}
     */
    _flags = {};

    /**
     * @param {import("./manager.js").Manager} io
     * @param {string} nsp
     * @param {import("../martlet.js").SocketOptions} options those that are missing are the manager's
     */
    constructor(io, nsp, { ackTimeout, retries }) {
        super();
        this.io = io;
        this.nsp = nsp;
        /** In ms, for events without a `timeout` of their own. */
        this._ackTimeout = ackTimeout ?? io.opts.ackTimeout;
        this._retries = retries ?? io.opts.retries ?? 0;
    }

    /**
     * Sends an event. A function as the last argument is called with the acknowledgement.
     *
     * @param {string} event
     * @param {...any} args
     */
    emit(event, ...args) {
        const callback = typeof args[args.length - 1] === "function" ? args.pop() : undefined;
        this._emit([event, ...args], callback);
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
            this._emit([event, ...args], callback, true);
        });
    }

    /** @param {...any} args */
    send(...args) {
        return this.emit("message", ...args);
    }

    /** The next event is dropped if it cannot leave soon. */
    get volatile() {
        this._flags._isVolatile = true;
        return this;
    }

    /**
     * The callback of the next event gets an error as its first argument, if no acknowledgement came in time.
     *
     * @param {number} ms
     */
    timeout(ms) {
        this._flags._timeout = ms;
        return this;
    }

    /**
     * Does nothing: browser and server decide on compression. Exists for pages that call it.
     *
     * @param {boolean} _on
     */
    compress(_on) {
        return this;
    }

    /**
     * @param {unknown[]} args
     * @param {Function} [callback]
     * @param {boolean} [takesError] whether the callback takes an error first; with a timeout it always does
     */
    _emit(args, callback, takesError) {
        const { io, _flags: flags } = this;
        this._flags = {};
        const [event] = args;
        if (!isName(event)) {
            throw Error("event names are strings");
        }
        if (RESERVED_EVENTS.test(/** @type {string} */ (event))) {
            throw Error(`"${event}" is a reserved event name`);
        }
        const isQueued = this._retries > 0 && !flags._isVolatile;
        const id = callback || isQueued ? this._nextId++ : undefined;
        const messages = this._encode(EVENT, id, args);
        const isDropped = flags._isVolatile && !(this.connected && io.engine?._idle);
        /** @type {Outgoing} */
        const outgoing = {
            _socket: this,
            _messages: messages,
            _size: messages.reduce((sum, message) => sum + sizeOf(message), 0),
            _args: args,
            id,
            _fail: (error) => this._settle(id, error) || report(error),
        };
        if (!this.sendBuffer.length) {
            this._bytes = 0;
        }
        if (!isDropped && this._bytes + this._queued + io._waiting + outgoing._size > io.opts.sendBufferLimit) {
            throw Error("the send buffer is full");
        }
        if (id !== undefined) {
            /** @type {ReturnType<typeof setTimeout> | undefined} */
            let timer;
            let retries = isQueued ? this._retries : 0;
            const timeout = flags._timeout ?? this._ackTimeout;
            takesError ||= isQueued || timeout !== undefined;
            /** @type {Settle} */
            const settle = (error, data = []) => {
                this._pending.delete(id);
                clearTimeout(timer);
                const isFinal = !error || retries-- <= 0;
                if (isQueued && isFinal) {
                    this._queue.shift();
                    this._queued -= outgoing._size;
                }
                const isHeard = isFinal && callback && (takesError || !error);
                if (isHeard) {
                    // What the server's handler threw has a name: a value of the application's own may have an error, too.
                    const thrown = /** @type {any} */ (data[0])?.error;
                    const failure = thrown?.name == "EventError" ? Object.assign(Error(), thrown) : error;
                    run(callback, this, takesError ? [failure, ...data] : data);
                }
                this._drain();
                return isHeard || !isFinal;
            };
            const start = () => {
                if (timeout !== undefined) {
                    timer = setTimeout(() => {
                        this.sendBuffer = this.sendBuffer.filter((outgoing) => outgoing.id !== id);
                        this._settle(id, Error("operation has timed out"));
                    }, timeout);
                }
                this._pending.set(id, settle);
            };
            if (isQueued) {
                outgoing._start = start;
                this._queued += outgoing._size;
                this._queue.push(outgoing);
                return this._drain();
            }
            start();
        }
        if (isDropped) {
            this._settle(id, Error("volatile event dropped"));
        } else {
            this._send(outgoing);
        }
    }

    /** Sends the first event of the queue, unless it is under way. */
    _drain() {
        const [first] = this._queue;
        if (this.connected && first && !this._pending.has(first.id)) {
            first._start?.();
            this._send(first);
        }
    }

    /**
     * The messages of a packet. Throws if a server would answer the packet by closing the connection.
     *
     * @param {number} type
     * @param {number} [id]
     * @param {unknown[]} [data]
     */
    _encode(type, id, data) {
        const messages = encode({ type, nsp: this.nsp, id, data });
        if (messages.length > this.io.opts.maxAttachments + 1) {
            throw Error("too many attachments");
        }
        return messages;
    }

    /** @param {Outgoing} outgoing stays in the queue, if it is there */
    _buffer(outgoing) {
        if (!outgoing._start) {
            this._bytes += outgoing._size;
            this.sendBuffer.push(outgoing);
        }
    }

    /** @param {Outgoing} outgoing */
    _send(outgoing) {
        const { _messages, _args } = outgoing;
        if (this.connected && _args) {
            outgoing._args = undefined;
            this._tell(this._catchAll.listeners("AnyOutgoing"), _args);
        }
        // A listener may have disconnected.
        if (this.connected) {
            this.io._send(_messages, outgoing);
        } else {
            this._buffer(outgoing);
        }
    }

    /**
     * Settles a callback, if it still waits for its acknowledgement.
     *
     * @param {number | undefined} id
     * @param {unknown} error why there is no acknowledgement; a callback that takes no error is then dropped without a
     *     call
     * @param {unknown[]} [data] the acknowledgement
     * @returns {boolean | undefined} whether the callback was called
     */
    _settle(id, error, data) {
        return this._pending.get(id)?.(error, data);
    }
}
