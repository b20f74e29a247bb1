// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { EventSender } from "./event-sender.js";
import { report } from "./emitter.js";
import { check } from "./options.js";
import { ACK, CONNECT, CONNECT_ERROR, DISCONNECT, EVENT, encodeConnect } from "./wire/socket-packet.js";

/** @typedef {import("./event-sender.js").Outgoing} Outgoing */
/** @typedef {import("./wire/socket-packet.js").Packet} Packet */

/**
 * One stay in the namespace, from the handshake (the CONNECT packet) until the socket leaves or the connection ends.
 *
 * @typedef {object} Visit
 * @property {boolean} [_isFirst] whether no packet for an earlier visit can come on the connection
 */

/** One namespace on a manager's connection. */
export class Socket extends EventSender {
    /** @type {string | undefined} */
    id;
    /** Whether the missed events of an interrupted connection were replayed (connection state recovery). */
    recovered = false;
    /** True from `connect` until `disconnect` or the server's refusal. */
    _wanted = false;
    /**
     * The present visit. Packets and callbacks of an earlier visit are ignored.
     *
     * @type {Visit | undefined}
     */
    _visit;
    /**
     * The visit whose handshake was sent and is not answered yet: the present visit, or one that was left.
     *
     * @type {Visit | undefined}
     */
    _asking;
    /**
     * The session in which the socket last sent a handshake that was not refused.
     *
     * @type {object | undefined}
     */
    _greeted;
    /**
     * The events that came before the answer to the handshake.
     *
     * @type {Packet[]}
     */
    receiveBuffer = [];
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
        super(io, nsp, (options ??= {}));
        check(options);
        this.auth = options.auth;
    }

    get disconnected() {
        return !this.connected;
    }

    /** Whether the socket is connected, or will be by itself when the server is reached. */
    get active() {
        return this._wanted && this.io._isBusy;
    }

    connect() {
        this._wanted = true;
        if (!this.io._isBusy) {
            this.io.open();
        }
        this._opened();
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
     * Sends the handshake of the namespace, when there is a connection. If a visit was left before its handshake was
     * answered, that answer comes first: a server that gets packets for a namespace which it has not answered yet may
     * close the connection, and with it all other namespaces.
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
                // In a separate task: a listener that connects again at once, and fails again, must not block the page.
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
            const recovery = isFirst && this._pid && { pid: this._pid, offset: this._lastOffset };
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
            // Events that a recovery has missed come before the answer. Other events belong to a visit that was left.
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
            // No packet for that visit can be under way.
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
            this._failed(Object.assign(Error(data.message ?? data), { data: data.data }));
        } else if (data?.sid) {
            this._joined(data.sid, data.pid);
        } else {
            this._failed(Error("older Socket.IO protocol"));
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
        const received = this.receiveBuffer.splice(0);
        const unsent = this.sendBuffer.splice(0);
        this.connected = true;
        // Any listener may disconnect the socket.
        for (const packet of received) {
            if (this.connected) {
                this._event(packet);
            }
        }
        for (const outgoing of unsent) {
            this._send(outgoing);
        }
        this._drain();
        if (this.connected) {
            this._dispatch("connect");
        }
    }

    /** @param {Packet} packet */
    _event({ id, data }) {
        const args = [...data];
        if (id !== undefined) {
            // In another session the id would belong to another event. And a server closes the connection when a client
            // sends to a namespace that it has left.
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
        this._tell(this._catchAll.listeners("Any"), args);
        this._dispatch(.../** @type {[string, ...unknown[]]} */ (args));
        const offset = data[data.length - 1];
        if (this._pid && data.length > 1 && typeof offset === "string") {
            this._lastOffset = offset;
        }
    }

    /** The socket is no longer wanted, after a reconnection either. The manager closes when no socket is left. */
    _leave() {
        this._wanted = false;
        this._visit = undefined;
        if (!this.io._wanted().length) {
            this.io.close();
        }
    }

    /**
     * The connection is gone, or this namespace's part in it.
     *
     * @param {string} reason
     * @param {unknown} [details]
     * @param {object[]} [unsent] the events of all sockets that were not handed over: they are sent again
     */
    _closed(reason, details, unsent = []) {
        const { connected, _visit } = this;
        this._visit = undefined;
        if (!connected) {
            if (_visit && _visit === this._asking && !this.io._stopped) {
                this._dispatch("connect_error", Object.assign(Error(`closed before the answer: ${reason}`), { details }));
            }
            return;
        }
        this.connected = false;
        this.id = undefined;
        this._bytes = 0;
        for (const outgoing of /** @type {Outgoing[]} */ (unsent)) {
            if (outgoing._socket === this && (outgoing.id === undefined || this._pending.has(outgoing.id))) {
                this._buffer(outgoing);
            }
        }
        this._dispatch("disconnect", reason, details);
        // An event that is still in the buffer can be acknowledged later; an event that was sent cannot.
        for (const id of this._pending.keys()) {
            if (!this.sendBuffer.some((outgoing) => outgoing.id === id)) {
                this._settle(id, Error("socket has been disconnected"));
            }
        }
    }
}
