// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { Emitter, report } from "./emitter.js";
import { Decoder } from "./wire/socket-packet.js";
import { ATTACHED, CLOSED, CLOSING, ENDED, LOST, OPENING, OVER, PARTING, SAID, STRANDED, next } from "./session-state-machine.js";
import { Heartbeat } from "./heartbeat.js";
import { CLOSE, MESSAGE, NOOP, PING, PONG, decodeCount, decodeFrame } from "./wire/engine-packet.js";
import { Route } from "./route.js";
import { AcknowledgementWindow } from "./acknowledgement-window.js";

/** @typedef {import("./transports/index.js").Transport} Transport */
/** @typedef {import("./wire/engine-packet.js").Packet} Packet */
/** @typedef {import("./acknowledgement-window.js").Data} Data */
/** @typedef {import("./acknowledgement-window.js").Owner} Owner */
/** @typedef {Record<string, string>} Query as URLSearchParams takes it; it turns numbers into texts by itself */

/**
 * An Engine.IO session. It owns the queued messages and hands them to the transport in use. If the server grants it,
 * the session outlives its transports (PROTOCOL 4). Events: `open` (transport), `upgrade` (transport), `message`
 * (data), `ping`, `transport` (name; undefined while there is none), and at the end `close` (reason, details).
 */
export class Session extends Emitter {
    /** @type {string | undefined} the server's name for the session */
    id;
    /** @type {Transport | undefined} the transport in use */
    transport;
    /** @type {Transport | undefined} the transport in use, or else the one before */
    _last;
    /** @type {number | undefined} bytes that a POST may hold */
    _maxPayload;
    /** How long the server keeps the session without a transport, in ms; 0 in a plain session. */
    _keep = 0;
    _window = new AcknowledgementWindow();
    /**
     * Why the last transport was lost.
     * @type {[string, unknown?]}
     */
    _loss = ["transport error"];
    /** How many attaches were asked for. */
    _attaches = 0;
    /** @type {number} one of the states in session-state-machine.js; `_on` alone changes it */
    _state = OPENING;
    _heartbeat = new Heartbeat(() => this._lost(this.transport, "ping timeout"));

    /**
     * @param {string} base the server's address, with the path
     * @param {import("./options.js").Settings} options
     */
    constructor(base, options) {
        super();
        this._base = base;
        this._options = options;
        this._decoder = new Decoder(options.maxAttachments);
        this._route = new Route(this);
    }

    /**
     * @param {string[]} names of transports, the best first
     * @param {string | false} [first] the transport to try before the others
     */
    _open(names, first) {
        this._route._open(names, first);
    }

    /**
     * Queues messages. They leave together at the end of the task, over HTTP in one POST. If there are Blobs among them,
     * they leave when all Blobs are read, or not at all if one Blob cannot be read.
     *
     * @param {Data[]} messages
     * @param {Owner} [owner] returned by the window's `_recall` if none of the messages was handed over
     */
    async _send(messages, owner) {
        const window = this._window;
        const queued = messages.map((data) => window._push({ type: MESSAGE, data }));
        const [first] = queued;
        first.owner = owner;
        try {
            for (const message of queued) {
                if (/** @type {Blob} */ (message.data).arrayBuffer) {
                    first._isHeld = true;
                    message.data = await /** @type {Blob} */ (message.data).arrayBuffer();
                }
            }
        } catch (error) {
            if (window._remove(queued)) {
                (owner?._fail ?? report)(error);
            }
        }
        first._isHeld = false;
        this._flushSoon();
    }

    /**
     * Sends a message of the application's own, outside all sockets.
     *
     * @param {Data} data
     */
    send(data) {
        this._send([data]);
        return this;
    }

    /** @param {Data} data */
    write(data) {
        return this.send(data);
    }

    /** Whether the session is over. */
    get _ended() {
        return this._state === OVER;
    }

    /** Whether the page has closed the session, or the session is over: no more requests for messages are made. */
    get _closing() {
        return this._state >= CLOSING;
    }

    /** While an attach is under way: fulfilled when the attach is over, in whichever way. */
    get _over() {
        return this._route._over;
    }

    /**
     * Something has happened to the session.
     *
     * @param {number} event one of the events in session-state-machine.js
     * @param {string} [reason] the reason that listeners of `close` get if the event leads to the end
     * @param {unknown} [details]
     * @returns {number | undefined} the state that the event has led to; undefined if the event changes nothing
     */
    _on(event, reason, details) {
        const state = next(this._state, event);
        this._state = state ?? this._state;
        if (state === OVER) {
            this._route._stop();
            this._leave();
            this._dispatch("close", reason, details);
        }
        return state;
    }

    /** Whether a message sent now would leave soon. */
    get _idle() {
        this._heartbeat._check();
        return !!this.transport?._idle && !this._window._isFull;
    }

    /** For pages that test a reconnection: listeners are told at once, and the session then closes by itself. */
    close() {
        if (!this._closing) {
            this._dispatch("close", "forced close");
            this._close();
        }
        return this;
    }

    /** Ends the session once all queued messages have left. A session without a transport looks for one once more. */
    _close() {
        const state = this._on(CLOSED, "forced close");
        if (state === CLOSING) {
            this._flushSoon();
        } else if (state === STRANDED && !this._over) {
            this._route._attach();
        }
    }

    /**
     * @param {Transport} transport
     * @param {boolean} [isPost]
     */
    _url(transport, isPost) {
        /** @type {{sid?: string, ack?: number, seq?: number}} */
        const terms = { sid: this.id };
        if (this._keep) {
            terms.ack = this._report();
            if (isPost) {
                terms.seq = this._window._acknowledged + 1;  // a CLOSE packet may overtake a body that is under way
            } else {
                transport._position = terms.ack;
            }
        }
        return this._address(transport, terms);
    }

    /**
     * @param {Transport} transport
     * @param {object} terms
     */
    _address(transport, terms) {
        const { query, timestampRequests, timestampParam } = this._options;
        /** @type {object} */
        const all = {
            ...Object.fromEntries(new URLSearchParams(/** @type {string | Query} */ (query || ""))),
            EIO: 4,
            transport: transport.name,
            ...terms,
            // Makes each address unique, so that no cache answers in the server's place.
            ...(timestampRequests && { [timestampParam]: Math.random() }),
        };
        return this._base + "?" + new URLSearchParams(/** @type {Query} */ (all));
    }

    /**
     * How many messages came in, to be acknowledged. During an attach the count stays as the attach has sent it: the
     * server relies on that.
     */
    _report() {
        return this._window._report(this._route._search?._greeting.ack ?? this._window._received);
    }

    /**
     * A transport has come into use.
     *
     * @param {Transport} transport
     * @param {ReturnType<typeof import("./wire/engine-packet.js").decodeOpen>} open the packet that begins its stream
     */
    _adopt(transport, open) {
        const isFirst = !this.id;
        this._route._stop();
        this._leave();
        this.transport = this._last = transport;
        transport._host = this;
        transport._position = open.from;
        this._on(ATTACHED);
        if (isFirst) {
            this.id = open.sid;
            this._maxPayload = open.maxPayload || Infinity;
            this._heartbeat._patience = open.pingInterval + open.pingTimeout;
            if (open.resume) {
                this._keep = open.resume.timeout || 1;
                this._window._buffer = open.resume.buffer || 1;
            }
        } else {
            try {
                this._window._attach(open.from, open.ack, transport._isNumbered);
            } catch (error) {
                return this._end("parse error", error);
            }
        }
        this._heartbeat._start(false);
        this._route._start();
        this._dispatch(isFirst ? "open" : "upgrade", transport);
        this._dispatch("transport", transport.name);
        this._flush();
    }

    /**
     * Handles frames that came in together. If one of the frames is malformed, all are dropped.
     *
     * @param {Transport} transport
     * @param {(string | ArrayBuffer)[]} frames
     */
    _received(transport, frames) {
        const isPlain = !this._keep || !transport._isNumbered;
        let packets;
        try {
            packets = frames.map((frame) => decodeFrame(frame, isPlain));
        } catch (error) {
            return this._lost(transport, "parse error", error);
        }
        try {
            for (const packet of packets) {
                this._handle(transport, packet);
            }
        } catch (error) {
            this._end("parse error", error);
        }
        this._flushSoon();
    }

    /**
     * Handles one packet.
     *
     * @param {Transport} transport
     * @param {Packet} packet
     */
    _handle(transport, { type, data }) {
        if (transport !== this.transport) {
            return;
        }
        if (type === MESSAGE) {
            if (this._window._take(++transport._position, data)) {
                this._dispatch("message", data);
            }
        } else if (type === CLOSE) {
            this._end("transport close");
        } else {
            if (data && this._keep) {
                this._window._trim(decodeCount(/** @type {string} */ (data)));
            }
            if (type === PING) {
                this._heartbeat._start(true);
                this._dispatch("ping");
            } else if (type !== NOOP) {
                throw Error("invalid packet");
            }
        }
    }

    /**
     * A POST was answered. In a lossless session only the answer `ok` counts; it acknowledges the POST's messages.
     *
     * @param {Transport} transport
     * @param {string} answer
     */
    _drained(transport, answer) {
        if (transport === this.transport) {
            if (this._keep) {
                if (answer !== "ok") {
                    return this._lost(transport, "transport error", Error("not ok"));
                }
                this._window._trim(this._window._sent);
            }
            this._flush();
        }
    }

    /**
     * The transport in use failed or was closed.
     *
     * @param {Transport | undefined} transport
     * @param {string} reason
     * @param {unknown} [details]
     */
    _lost(transport, reason, details) {
        if (!transport || transport !== this.transport || this._isVerdict(details)) {
            return;
        }
        if (!this._keep) {
            return this._end(reason, details);
        }
        this._suspend(reason, details);
        this._route._lost(reason === "ping timeout");
    }

    /**
     * The session goes on without a transport.
     *
     * @param {string} reason
     * @param {unknown} [details]
     */
    _suspend(reason, details) {
        if (!this._on(LOST)) {
            return;
        }
        this._loss = [reason, details];
        this._leave();
        // During an attach, the loss of the old transport is no news.
        if (!this._over) {
            this._dispatch("transport");
        }
    }

    /** Lets go of the transport. What the transport says from now on, even while it closes, is ignored. */
    _leave() {
        const { transport } = this;
        this.transport = undefined;
        this._heartbeat._stop(this._keep);
        transport?._close();
    }

    /**
     * Ends the session if the server does not know it, or refuses a message for its size: the message would be refused
     * again whenever it is sent. No other answer of a server or a proxy ends the session.
     *
     * @param {unknown} details
     */
    _isVerdict(details) {
        const isVerdict =
            this.id &&
            ([1, 4001, 1009].includes(/** @type {{code: number}} */ (details)?.code) ||
                /** @type {{status: number}} */ (details)?.status === 413);
        if (isVerdict) {
            if (this.transport) {
                this._loss = ["transport error", details];
            }
            this._end(...this._loss);
        }
        return isVerdict;
    }

    /** Flushes at the end of the task, so that messages sent in one task leave together. */
    _flushSoon() {
        queueMicrotask(() => this._flush());
    }

    _flush() {
        const { _heartbeat: heartbeat, _keep: keep, _window: window } = this;
        heartbeat._check();
        const { transport } = this;
        if (!transport?._writable) {
            return;
        }
        if (this._state === PARTING) {
            return this._end("forced close");
        }
        const isAttaching = !!this._over;
        /** @type {Packet[]} */
        const control = [];
        if (heartbeat._isPinged || (keep && !isAttaching && window._isDue)) {
            control.push({ type: heartbeat._isPinged ? PONG : NOOP, data: keep ? "" + this._report() : "" });
            heartbeat._isPinged = false;
        }
        const messages = window._next();
        const packets = [...control, ...messages];
        // The CLOSE packet waits for the end of an attach: the server may no longer listen to this transport.
        const isLast = this._state === CLOSING && !isAttaching && messages.length === window._unsent;
        if (isLast) {
            packets.push({ type: CLOSE, data: "" });
        }
        if (packets.length) {
            const taken = transport._send(packets);
            window._took(Math.min(taken - control.length, messages.length));
            if (isLast && taken === packets.length) {
                // A WebSocket has sent the CLOSE packet by now; a POST reports when it is done.
                this._on(SAID);
                this._flush();
            }
        }
    }

    /** The page is put to sleep, which the transport would not survive. */
    _freeze() {
        if (this._keep) {
            this._suspend("transport close");
            this._route._stop();
        }
    }

    /** The network or the page is back: a lossless session attaches anew; a plain one checks its deadline. */
    _renew() {
        if (!this._keep) {
            this._heartbeat._check();
        } else if (!this._ended) {
            this._route._attach();
        }
    }

    /**
     * @param {string} reason
     * @param {unknown} [details]
     */
    _end(reason, details) {
        this._on(ENDED, reason, details);
    }
}
