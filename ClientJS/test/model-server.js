// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The server's side of lossless sessions, as PROTOCOL.md section 4 has it and no more: what the client is held to.
// It knows connections only through what fake-network.js hands it, and time through setTimeout.

const SEPARATOR = "\x1e";
const KEEP = 30000;
const REFUSED = (code, message = "Bad request") => [400, JSON.stringify({ code, message })];

export class ModelServer {
    sessions = new Map();
    pingInterval = 25000;
    pingTimeout = 20000;
    maxPayload = 1000000;
    buffer = 1048576;
    /** Whether it grants resume=1. */
    grants = true;
    /** Whether it acknowledges anything except by the answer to a POST. */
    acknowledges = true;
    /** May change an open packet. */
    onopen = () => {};
    /** Called with each new session. */
    onsession = () => {};
    /** What went wrong at the protocol's level: nothing may. */
    faults = [];
    /** Names of transports in the order in which sessions took them. */
    moves = [];

    /** A WebSocket or sse request; answers `[status, body]` if it is refused, else takes the stream. */
    stream(params, stream) {
        if (params.probe) {
            stream.send("6");
            return undefined;
        }
        if (!params.sid) {
            this.#handshake(params).begin(params, stream);
            return undefined;
        }
        if (!params.attach) {
            return REFUSED(3);
        }
        const session = this.sessions.get(params.sid);
        if (!session) {
            stream.refuse();
            return undefined;
        }
        return session.refusal(params) ?? session.begin(params, stream);
    }

    /** A polling request: `respond(status, body)` is called once, or never. Returns what its abort does. */
    get(params, respond) {
        if (params.probe) {
            return respond(200, "6");
        }
        if (!params.sid) {
            return this.#handshake(params).begin(params, respond);
        }
        const session = this.sessions.get(params.sid);
        if (!session) {
            return respond(...REFUSED(1, "Session ID unknown"));
        }
        const refusal = session.refusal(params);
        return refusal ? respond(...refusal) : params.attach ? session.begin(params, respond) : session.poll(params, respond);
    }

    post(params, body) {
        const session = this.sessions.get(params.sid);
        return session ? session.post(params, body) : REFUSED(1, "Session ID unknown");
    }

    #handshake(params) {
        const session = new ModelSession(this, params.resume === "1" && this.grants);
        this.sessions.set(session.sid, session);
        this.onsession(session);
        return session;
    }
}

class ModelSession {
    static #last = 0;

    sid = "model-" + ++ModelSession.#last;
    transport = undefined;
    /** The messages that came in, and those that were sent: text, or Uint8Array. */
    received = [];
    sent = [];
    /** The control packets that came in. */
    controls = [];
    attaches = 0;
    onmessage = () => {};
    #server;
    #resumable;
    #acknowledged = 0;
    #reported = 0;
    /** The last number on the stream in use. */
    #cursor = 0;
    #stream;
    #waiting;
    #keepTimer;
    #pingTimer;
    #control = [];

    constructor(server, resumable) {
        this.#server = server;
        this.#resumable = resumable;
    }

    push(...messages) {
        this.sent.push(...messages);
        this.#flush();
    }

    refusal({ attach, ack }) {
        const isLossless = attach !== undefined || ack !== undefined;
        const isFault = isLossless !== this.#resumable || +ack > this.sent.length || +attach <= this.attaches;
        return isFault ? REFUSED(3) : undefined;
    }

    /** A handshake, or an attach that is in order: from here on the session is on this transport. */
    begin({ transport, attach, ack = 0 }, connection) {
        this.attaches = +(attach ?? 0);
        this.#leave();
        this.transport = transport;
        this.#server.moves.push(transport);
        this.#acknowledge(+ack);
        this.#cursor = this.#acknowledged;
        this.#reported = this.received.length;
        const { pingInterval, pingTimeout, maxPayload, buffer } = this.#server;
        const open = { sid: this.sid, upgrades: [], pingInterval, pingTimeout, maxPayload };
        if (this.#resumable) {
            Object.assign(open, { resume: { timeout: KEEP, buffer }, from: this.#cursor });
            if (attach !== undefined) {
                open.ack = this.received.length;
            }
        }
        this.#server.onopen(open);
        this.#control = ["0" + JSON.stringify(open)];
        this.#ping();
        if (transport === "polling") {
            return this.#wait(connection, this.#cursor);
        }
        this.#stream = connection;
        clearTimeout(this.#keepTimer);
        connection.onframe = (frame) => connection === this.#stream && this.#take(frame);
        connection.onclose = () => connection === this.#stream && this.#lost();
        this.#flush();
        return undefined;
    }

    poll({ transport, ack }, respond) {
        if (transport !== "polling" || this.transport !== "polling" || +ack < this.#acknowledged) {
            return respond(...REFUSED(3));
        }
        this.#waiting?.(200, "6");
        if (!this.#resumable) {
            return this.#wait(respond, this.#cursor);
        }
        this.#acknowledge(+ack);
        return this.#wait(respond, +ack);
    }

    #wait(respond, from) {
        clearTimeout(this.#keepTimer);
        this.#cursor = from;
        const answer = (...args) => {
            if (this.#waiting === answer) {
                this.#waiting = undefined;
                this.#keep();
            }
            respond(...args);
        };
        this.#waiting = answer;
        this.#flush();
        return () => {
            if (this.#waiting === answer) {
                this.#waiting = undefined;
                this.#keep();
            }
        };
    }

    post({ transport, ack, seq }, body) {
        if (this.#resumable) {
            if (transport !== this.transport || !(+seq <= this.received.length + 1) || +ack > this.sent.length) {
                return REFUSED(3);
            }
            this.#acknowledge(+ack);
        }
        let number = this.#resumable ? +seq : this.received.length + 1;
        for (const frame of body.split(SEPARATOR)) {
            if (/^[4b]/.test(frame)) {
                this.#message(number++, decode(frame));
            } else {
                this.#take(frame);
            }
        }
        this.#flush();
        return [200, "ok"];
    }

    /** A packet of the stream in use, or a control packet of a POST. */
    #take(frame) {
        if (typeof frame !== "string" || frame[0] === "4") {
            this.#message(this.received.length + 1, typeof frame === "string" ? frame.slice(1) : frame);
        } else if (this.controls.push(frame) && frame[0] === "1") {
            this.end();
        } else if (!this.#resumable) {
            this.#ping();
        } else if (!/^[36](0|[1-9]\d*)$/.test(frame)) {
            this.#server.faults.push(`unexpected packet ${frame}`);
        } else {
            this.#acknowledge(+frame.slice(1));
            if (frame[0] === "3") {
                this.#ping();
            }
        }
        this.#flush();
    }

    #message(number, data) {
        if (number > this.received.length) {
            this.received.push(data);
            this.onmessage(data);
        }
    }

    #acknowledge(count) {
        if (count > this.sent.length) {
            this.#server.faults.push(`${count} acknowledged of ${this.sent.length}`);
        }
        this.#acknowledged = Math.max(this.#acknowledged, count);
    }

    get #unacknowledged() {
        const size = (message) => message.length;
        return this.sent.slice(this.#acknowledged, this.#cursor).reduce((sum, message) => sum + size(message), 0);
    }

    #flush() {
        if (!this.#stream && !this.#waiting) {
            return;
        }
        const unreported = this.received.slice(this.#reported).reduce((sum, message) => sum + message.length, 0);
        const isDue = this.received.length - this.#reported >= 64 || unreported >= Math.min(65536, this.#server.buffer / 4);
        if (isDue && this.#server.acknowledges) {
            this.#control.push(`6${(this.#reported = this.received.length)}`);
        }
        const encode = this.transport === "websocket" ? (packet) => packet : toText;
        const packets = this.#control;
        let unacknowledged = this.#unacknowledged;
        for (; this.#cursor < this.sent.length && unacknowledged < this.#server.buffer; this.#cursor++) {
            const message = this.sent[this.#cursor];
            packets.push(typeof message === "string" ? "4" + message : message);
            unacknowledged += message.length;
        }
        this.#control = [];
        if (this.#stream) {
            packets.forEach((packet) => this.#stream.send(encode(packet)));
        } else if (packets.length) {
            this.#waiting(200, packets.map(encode).join(SEPARATOR));
        }
    }

    #ping() {
        const { pingInterval, pingTimeout } = this.#server;
        clearTimeout(this.#pingTimer);
        this.#pingTimer = setTimeout(() => {
            const { acknowledges } = this.#server;
            this.#control.push(this.#resumable && acknowledges ? `2${(this.#reported = this.received.length)}` : "2");
            this.#flush();
            this.#pingTimer = setTimeout(() => this.#lost(), pingTimeout);
        }, pingInterval);
    }

    /** Lets go of the transport, without a goodbye. */
    #leave() {
        clearTimeout(this.#pingTimer);
        const [stream, waiting] = [this.#stream, this.#waiting];
        this.#stream = this.#waiting = undefined;
        stream?.close();
        waiting?.(200, "6");
    }

    #lost() {
        this.#leave();
        this.#keep();
    }

    #keep() {
        clearTimeout(this.#keepTimer);
        if (this.#resumable) {
            this.#keepTimer = setTimeout(() => this.end(), KEEP);
        } else if (this.transport !== "polling") {
            this.end();
        }
    }

    /** Forgets the session. */
    end() {
        this.#server.sessions.delete(this.sid);
        this.#leave();
        clearTimeout(this.#keepTimer);
    }

    /** Ends it on purpose. */
    close() {
        this.#control.push("1");
        this.#flush();
        this.end();
    }
}

/** A packet as HTTP carries it: what neither polling nor sse can hold goes in base64. */
function toText(packet) {
    if (typeof packet === "string") {
        return /[\r\x1e]/.test(packet) ? "t" + Buffer.from(packet.slice(1)).toString("base64") : packet;
    }
    return "b" + Buffer.from(packet).toString("base64");
}

const decode = (frame) => (frame[0] === "4" ? frame.slice(1) : Uint8Array.from(Buffer.from(frame.slice(1), "base64")));
