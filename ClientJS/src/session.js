// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { Decoder } from "./wire/socket-packet.js";
import { CLOSE, MESSAGE, NOOP, OPEN, PING, PONG, decodeFrame, decodeOpen } from "./wire/engine-packet.js";
import { Emitter } from "./emitter.js";
import { transports } from "./transports/index.js";

/** @typedef {import("./transports/index.js").Transport} Transport */
/** @typedef {import("./wire/engine-packet.js").Packet} Packet */

let stamp = 0;

/**
 * An Engine.IO session: it owns what is queued and lends it to the transport in use. Events: `open`, `message` (data),
 * `ping`, and at the end, once, `close` (reason, details).
 */
export class Session extends Emitter {
    /**
     * @param {string} base the server's address, with the path
     * @param {import("../martlet.js").ManagerOptions} options
     */
    constructor(base, options) {
        super();
        /**
         * The server's name for the session.
         *
         * @type {string | undefined}
         */
        this.id = undefined;
        /**
         * The transport in use.
         *
         * @type {Transport | undefined}
         */
        this.transport = undefined;
        this._base = base;
        this._options = options;
        this._maxPayload = Infinity;
        this._decoder = new Decoder();
        /** @type {Packet[]} */
        this._queue = [];
        /**
         * Names still to be tried.
         *
         * @type {string[]}
         */
        this._names = [];
        /**
         * The transport being tried.
         *
         * @type {Transport | undefined}
         */
        this._candidate = undefined;
        /** @type {ReturnType<typeof setTimeout> | undefined} */
        this._timer = undefined;
        /** When the server counts as gone, in ms since the epoch; timers stand still while a computer sleeps. */
        this._deadline = Infinity;
        this._patience = 0;
        this._flushing = false;
        this._closing = false;
        this._ended = false;
    }

    /**
     * Tries the transports in this order, until one answers with an open packet.
     *
     * @param {string[]} names
     */
    _open(names) {
        this._names = names.filter((name) => transports[name]?._isSupported());
        this._try(new Error("no transport is available here"));
    }

    /** @param {unknown} error what to report when none is left */
    _try(error) {
        clearTimeout(this._timer);
        const name = this._names.shift();
        if (!name) {
            return this._end("transport error", error);
        }
        const candidate = new transports[name](this);
        this._candidate = candidate;
        if (this._names.length) {
            // The last one has all the time that the manager gives the attempt.
            this._timer = setTimeout(
                () => this._lost(candidate, "timeout", new Error(name + " timeout")),
                this._options.transportTimeout
            );
        }
        try {
            candidate._open();
        } catch (error) {
            // A page's policy may forbid the connection by throwing.
            this._lost(candidate, "transport error", error);
        }
    }

    /**
     * Queues messages. They leave together at the end of the task, in one POST where it is HTTP.
     *
     * @param {(string | ArrayBuffer | Blob)[]} messages
     */
    _send(messages) {
        for (const data of messages) {
            this._push({ type: MESSAGE, data });
        }
    }

    /** Whether what is sent now would leave soon. */
    get _idle() {
        return !!this.transport?._idle && !this._isBroken();
    }

    /** Ends the session when what is queued has left. */
    _close() {
        if (this._ended || this._closing) {
            return;
        }
        this._closing = true;
        if (this.transport) {
            this._push({ type: CLOSE, data: "" });
        } else {
            this._end("forced close");
        }
    }

    /** @param {string} name */
    _url(name) {
        const query = new URLSearchParams({ ...this._options.query, EIO: "4", transport: name });
        if (this.id) {
            query.set("sid", this.id);
        }
        query.set("t", Date.now().toString(36) + "." + (stamp++).toString(36));
        return `${this._base}?${query}`;
    }

    /**
     * What came in together. Nothing of it counts if one of the frames is malformed.
     *
     * @param {Transport} transport
     * @param {(string | ArrayBuffer)[]} frames
     */
    _received(transport, frames) {
        let packets;
        try {
            packets = frames.map(decodeFrame);
        } catch (error) {
            return this._lost(transport, "parse error", error);
        }
        for (const packet of packets) {
            this._handle(transport, packet);
        }
    }

    /**
     * Every packet of every transport comes through here.
     *
     * @param {Transport} transport
     * @param {Packet} packet
     */
    _handle(transport, { type, data }) {
        if (transport === this._candidate) {
            return this._adopt(transport, type, /** @type {string} */ (data));
        }
        if (transport !== this.transport) {
            return;
        }
        if (type === MESSAGE) {
            this._dispatch("message", data);
        } else if (type === PING) {
            this._awaitPing();
            this._push({ type: PONG, data: "" });
            this._dispatch("ping");
        } else if (type === CLOSE) {
            this._end("transport close", new Error("closed by the server"));
        } else if (type !== NOOP) {
            this._end("parse error", new Error("unexpected packet"));
        }
    }

    /**
     * The candidate's first packet.
     *
     * @param {Transport} candidate
     * @param {string} type
     * @param {string} data
     */
    _adopt(candidate, type, data) {
        let open;
        try {
            if (type !== OPEN) {
                throw new Error("no open packet");
            }
            open = decodeOpen(data);
        } catch (error) {
            return this._lost(candidate, "parse error", error);
        }
        clearTimeout(this._timer);
        this._candidate = undefined;
        this.transport = candidate;
        this.id = open.sid;
        this._maxPayload = open.maxPayload || Infinity;
        this._patience = open.pingInterval + open.pingTimeout;
        this._awaitPing();
        this._dispatch("open");
        this._flush();
    }

    /** @param {Transport} transport */
    _drained(transport) {
        if (transport === this.transport) {
            this._flush();
        }
    }

    /**
     * @param {Transport} transport
     * @param {string} reason
     * @param {unknown} [details]
     */
    _lost(transport, reason, details) {
        if (transport === this._candidate) {
            transport._close();
            this._try(details instanceof Error ? details : Object.assign(new Error(transport.name + " error"), { details }));
        } else if (transport === this.transport) {
            this._end(reason, details);
        }
    }

    /** @param {Packet} packet */
    _push(packet) {
        if (this._ended) {
            return;
        }
        this._queue.push(packet);
        if (typeof packet.data !== "string" && "arrayBuffer" in packet.data) {
            // A Blob's bytes are read first, and what comes after it waits.
            packet.data.arrayBuffer().then(
                (buffer) => {
                    packet.data = buffer;
                    this._flush();
                },
                (error) => this._end("transport error", error)
            );
        }
        if (!this._flushing) {
            this._flushing = true;
            queueMicrotask(() => {
                this._flushing = false;
                this._flush();
            });
        }
    }

    _flush() {
        if (this._ended || this._isBroken()) {
            return;
        }
        const queue = this._queue;
        const unread = queue.findIndex(({ data }) => typeof data !== "string" && "arrayBuffer" in data);
        const ready = unread < 0 ? queue : queue.slice(0, unread);
        if (ready.length && this.transport?._writable) {
            queue.splice(0, this.transport._send(ready));
        }
        if (this._closing && !queue.length && this.transport?._writable) {
            this._end("forced close");
        }
    }

    _awaitPing() {
        clearTimeout(this._timer);
        this._deadline = Date.now() + this._patience;
        this._timer = setTimeout(() => this._end("ping timeout"), this._patience);
    }

    /** Nothing may be sent past the deadline: the server has given up the session, and it would be lost. */
    _isBroken() {
        if (Date.now() > this._deadline && !this._ended) {
            this._end("ping timeout");
        }
        return this._ended;
    }

    /**
     * @param {string} reason
     * @param {unknown} [details]
     */
    _end(reason, details) {
        if (this._ended) {
            return;
        }
        this._ended = true;
        clearTimeout(this._timer);
        this._queue = [];
        this._names = [];
        this._candidate?._close();
        this.transport?._close();
        this._candidate = undefined;
        this._dispatch("close", reason, details);
    }
}
