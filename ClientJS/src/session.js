// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { AcknowledgementWindow } from "./acknowledgement-window.js";
import { Decoder } from "./wire/socket-packet.js";
import { CLOSE, MESSAGE, NOOP, OPEN, PING, PONG, decodeCount, decodeFrame, decodeOpen } from "./wire/engine-packet.js";
import { Emitter, report } from "./emitter.js";
import { Route } from "./route.js";
import { now } from "./clock.js";

/** @typedef {import("./transports/index.js").Transport} Transport */
/** @typedef {import("./wire/engine-packet.js").Packet} Packet */
/** @typedef {import("./acknowledgement-window.js").Owner} Owner */

/** How often the clock is looked at, in ms: timers stand still while a computer sleeps. */
const TICK = 5000;

/**
 * An Engine.IO session: it owns what is queued and lends it to the transport in use, which it outlives where the server
 * grants that (PROTOCOL 4). Events: `open`, `message` (data), `ping`, `transport` (name; undefined while there is none),
 * and at the end `close` (reason, details).
 */
export class Session extends Emitter {
    /** @type {string | undefined} the server's name for the session */
    id;
    /** @type {Transport | undefined} the transport in use */
    transport;
    /** @type {Transport | undefined} the one in use, or else the one before */
    _last;
    _maxPayload = Infinity;
    /** How long the server keeps the session without a transport, in ms; 0 in a plain session. */
    _keep = 0;
    _window = new AcknowledgementWindow();
    /**
     * Why the last transport was lost.
     * @type {[string, unknown]}
     */
    _loss = ["transport error", undefined];
    _lostAt = 0;
    /** How many attaches were asked for. */
    _attaches = 0;
    /** When the transport in use came into use. */
    _since = 0;
    /**
     * While an attach is under way: fulfilled when that is over, in whichever way.
     * @type {Promise<void> | undefined}
     */
    _over;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    _timer;
    /** When the server counts as gone, on our clock. */
    _deadline = Infinity;
    _patience = 0;
    /** Whether a ping waits for its answer. */
    _pong = false;
    _closing = false;
    /** Whether the goodbye is on its way. */
    _said = false;
    _ended = false;

    /**
     * @param {string} base the server's address, with the path
     * @param {import("../martlet.js").ManagerOptions} options
     */
    constructor(base, options) {
        super();
        this._base = base;
        /** @type {any} */
        this._options = options;
        this._decoder = new Decoder(this._options.maxAttachments);
        this._route = new Route(this);
    }

    /**
     * @param {string[]} names of transports, the best first
     * @param {string | false} [first] what is tried before them
     */
    _open(names, first) {
        this._route._open(names, first);
    }

    /**
     * Queues messages. They leave together at the end of the task, in one POST where it is HTTP. If there are Blobs among
     * them, they leave when those are read, or not at all if one cannot be.
     *
     * @param {any[]} messages texts, ArrayBuffers, Blobs
     * @param {Owner} [owner] comes back from the window's `_recall` if none of them was handed over
     */
    async _send(messages, owner) {
        const window = this._window;
        const queued = messages.map((data) => window._push({ type: MESSAGE, data }));
        const [first] = queued;
        first.owner = owner;
        try {
            for (const message of queued) {
                if (message.data.arrayBuffer) {
                    first._isHeld = true;
                    message.data = await message.data.arrayBuffer();
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
     * A message of the application's own, beside those of the sockets.
     *
     * @param {string | ArrayBuffer | Blob} data
     */
    send(data) {
        this._send([data]);
        return this;
    }

    /** @param {string | ArrayBuffer | Blob} data */
    write(data) {
        return this.send(data);
    }

    /** Whether what is sent now would leave soon. */
    get _idle() {
        return !this._isBroken() && !!this.transport?._idle && !this._window._isFull;
    }

    /** As pages do to try out a reconnection: it is lost to its owner at once, and says goodbye by itself. */
    close() {
        if (!this._ended && !this._closing) {
            this._dispatch("close", "forced close");
            this._close();
        }
        return this;
    }

    /** Ends the session when what is queued has left. One without a transport looks for one once more. */
    _close() {
        if (this._ended || this._closing) {
            return;
        }
        this._closing = true;
        if (this.transport) {
            this._flushSoon();
        } else if (!this._keep) {
            this._end("forced close");
        } else if (!this._route._search) {
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
                terms.seq = this._window._acknowledged + 1; // a goodbye may overtake a body that is under way
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
        // No cache between here and the server may know the answer: each address is another.
        const given = Object.fromEntries(new URLSearchParams(this._options.query || ""));
        /** @type {Record<string, any>} */
        const query = { ...given, EIO: 4, transport: transport.name, ...terms, t: Math.random() };
        return `${this._base}?${new URLSearchParams(query)}`;
    }

    /** The count of what came in. While an attach is under way it stays at what that said: the server relies on it. */
    _report() {
        /** @type {number} */
        const count = this._route._search?._greeting.ack ?? this._window._received;
        this._window._report(count);
        return count;
    }

    /**
     * @param {boolean} [isProbe]
     * @returns {import("./search.js").Greeting}
     */
    _greeting(isProbe) {
        if (isProbe) {
            return { probe: 1 };
        }
        return this.id ? { sid: this.id, attach: ++this._attaches, ack: this._window._received } : { resume: 1 };
    }

    /**
     * The first packet of a transport that answered. Throws if it does not begin a stream.
     *
     * @param {Transport} transport
     * @param {Packet} packet
     * @param {import("./search.js").Greeting} greeting what it answers
     */
    _adopt(transport, { type, data }, { probe }) {
        if (probe && type === NOOP) {
            transport._close();
            return this._route._attach([transport.name]);
        }
        if (type === CLOSE && this._isVerdict(JSON.parse(/** @type {string} */ (data)))) {
            return transport._close();
        }
        if (probe || type !== OPEN) {
            throw new Error("no open packet");
        }
        const open = decodeOpen(/** @type {string} */ (data));
        const isFirst = !this.id;
        this._route._stop();
        this._leave();
        this.transport = this._last = transport;
        transport._host = this;
        transport._position = open.from;
        this._pong = this._said = false;
        if (isFirst) {
            this.id = open.sid;
            this._maxPayload = open.maxPayload || Infinity;
            this._patience = open.pingInterval + open.pingTimeout;
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
        this._awaitPing();
        this._since = now();
        this._route._climb();
        if (isFirst) {
            this._dispatch("open");
        }
        this._dispatch("transport", transport.name);
        this._flush();
    }

    /**
     * What came in together. Nothing of it counts if one of the frames is malformed.
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
        for (const packet of packets) {
            try {
                this._handle(transport, packet);
            } catch (error) {
                this._end("parse error", error);
            }
        }
        this._flushSoon();
    }

    /**
     * Every packet of every transport comes through here.
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
                this._awaitPing();
                this._pong = true;
                this._dispatch("ping");
            } else if (type !== NOOP) {
                throw new Error("unexpected packet");
            }
        }
    }

    /**
     * A POST was answered. In a lossless session it is done only by `ok`, and acknowledges what it held.
     *
     * @param {Transport} transport
     * @param {string} answer
     */
    _drained(transport, answer) {
        if (transport === this.transport) {
            if (this._keep) {
                if (answer !== "ok") {
                    return this._lost(transport, "transport error", new Error("not ok"));
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
        const index = this._route._index();
        this._suspend(reason, details);
        this._route._lost(index, reason === "ping timeout");
    }

    /**
     * The session goes on without a transport.
     *
     * @param {string} reason
     * @param {unknown} [details]
     */
    _suspend(reason, details) {
        clearTimeout(this._timer);
        this._deadline = Infinity;
        this._loss = [reason, details];
        this._lostAt = now();
        this._leave();
        // That the old one closes is part of an attach.
        if (!this._over) {
            this._dispatch("transport");
        }
    }

    /** Lets go of the transport. What it says from now on, even while it closes, is not listened to. */
    _leave() {
        const { transport } = this;
        this.transport = undefined;
        transport?._close();
    }

    /**
     * Ends the session if the server does not know it (any more), or refuses a message for its size: sent again, that
     * would be refused for ever. Nothing else that a server or a proxy says is a verdict.
     *
     * @param {any} details
     */
    _isVerdict(details) {
        if (!this.id || !([1, 4001, 1009].includes(details?.code) || details?.status === 413)) {
            return false;
        }
        if (this.transport) {
            this._loss = ["transport error", details];
        }
        this._end(...this._loss);
        return true;
    }

    /** At the end of the task: what is sent in one goes together. */
    _flushSoon() {
        queueMicrotask(() => this._flush());
    }

    _flush() {
        const { _window: window, _keep: keep } = this;
        const isOver = this._isBroken();
        const { transport } = this;
        if (isOver || !transport?._writable) {
            return;
        }
        if (this._said) {
            return this._end("forced close");
        }
        /** @type {Packet[]} */
        const control = [];
        if (this._pong || (keep && !this._route._search && window._isDue)) {
            control.push({ type: this._pong ? PONG : NOOP, data: keep ? "" + this._report() : "" });
            this._pong = false;
        }
        const messages = window._next();
        const packets = [...control, ...messages];
        // Not during an attach: the server may no longer listen to this transport.
        const isLast = this._closing && !this._over && messages.length === window._unsent;
        if (isLast) {
            packets.push({ type: CLOSE, data: "" });
        }
        if (packets.length) {
            const taken = transport._send(packets);
            window._took(Math.min(taken - control.length, messages.length));
            if (isLast && taken === packets.length) {
                // A WebSocket has sent it; a POST tells when it is done.
                this._said = true;
                this._flush();
            }
        }
    }

    _awaitPing() {
        this._deadline = now() + this._patience;
        this._tick();
    }

    _tick() {
        clearTimeout(this._timer);
        this._isBroken();
        if (this.transport) {
            this._timer = setTimeout(() => this._tick(), Math.min(TICK, this._deadline - now() + 1));
        }
    }

    /** Past the deadline the server has given up the transport: in a plain session what is sent then would be lost. */
    _isBroken() {
        if (now() > this._deadline) {
            this._lost(this.transport, "ping timeout");
        }
        return this._ended;
    }

    /** The page is put to sleep: the transport would not live through that. */
    _freeze() {
        if (this._keep) {
            if (this.transport) {
                this._suspend("transport close");
            }
            this._route._stop();
        }
    }

    /** The network or the page is back: attaches anew, or finds that it is too late. */
    _renew() {
        if (!this._keep) {
            this._isBroken();
        } else {
            this._route._attach();
        }
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
        this._route._stop();
        this._leave();
        this._dispatch("close", reason, details);
    }
}
