// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/** After how many messages, or bytes, a side acknowledges what it has received, if no other packet did (PROTOCOL 4). */
const MESSAGES = 64;
const BYTES = 65536;

/** @typedef {string | ArrayBuffer | Blob} Data */

/**
 * @typedef {object} Message
 * @property {number} type the packet type of Engine.IO
 * @property {Data} data
 * @property {Owner} [owner] on the first message of a packet only: the packet's owner, which `_recall` returns if the
 *     packet was never handed over
 * @property {boolean} [_isHeld] on the first message of a packet only: whether Blobs of the packet are still being
 *     read. Until then no message of the packet is handed over, since a message with a number cannot be left out; later
 *     packets wait too.
 */

/**
 * @typedef {object} Owner
 * @property {(error: unknown) => void} [_fail] called with the reason when the packet cannot be sent
 */

/**
 * The size in bytes; for text the number of UTF-16 units, which is about as large.
 *
 * @param {Data} data
 * @returns {number}
 */
export function sizeOf(data) {
    return (
        /** @type {string} */ (data).length ??
        /** @type {Blob} */ (data).size ??
        /** @type {ArrayBuffer} */ (data).byteLength
    );
}

/**
 * The numbers of a session's messages in both directions, and the messages that are not acknowledged yet (PROTOCOL 4).
 * Pure: it uses no transport and no clock. In a plain session nothing is acknowledged, and a message is forgotten when
 * it is handed over.
 */
export class AcknowledgementWindow {
    /** The unacknowledged bytes at which nothing more is handed over; 0 in a plain session. */
    _buffer = 0;
    /**
     * The messages from number `_acknowledged` + 1 on.
     *
     * @type {Message[]}
     */
    _queue = [];
    /** The size of all messages in `_queue`, in bytes. */
    _bytes = 0;
    /** How many messages the peer has acknowledged. */
    _acknowledged = 0;
    /** The number of the last message sent on the stream in use. */
    _sent = 0;
    /** The size of the messages sent on the stream in use and not acknowledged, in bytes. */
    _flying = 0;
    /** The highest number of a message handed over on any stream. */
    _handed = 0;
    /** How many messages have come in. */
    _received = 0;
    /** How many of the incoming messages were acknowledged to the peer. */
    _reported = 0;
    /** The size of the incoming messages since the last acknowledgement, in bytes. */
    _unreported = 0;

    /** @param {Message} message */
    _push(message) {
        this._queue.push(message);
        this._bytes += sizeOf(message.data);
        return message;
    }

    /** Whether the peer must acknowledge before more messages go out. One message may always go out, however large. */
    get _isFull() {
        return this._buffer > 0 && this._flying >= this._buffer;
    }

    /** The messages that may be handed over next, in order. */
    _next() {
        /** @type {Message[]} */
        const next = [];
        let bytes = this._flying;
        while (!this._buffer || bytes < this._buffer) {
            const message = this._queue[this._sent - this._acknowledged + next.length];
            if (!message || message._isHeld) {
                break;
            }
            next.push(message);
            bytes += sizeOf(message.data);
        }
        return next;
    }

    /**
     * Removes messages that are held.
     *
     * @param {Message[]} messages the messages of one packet
     * @returns {boolean} whether they were in the queue; `_recall` may have removed them
     */
    _remove(messages) {
        const index = this._queue.indexOf(messages[0]);
        if (index < 0) {
            return false;
        }
        for (const { data } of this._queue.splice(index, messages.length)) {
            this._bytes -= sizeOf(data);
        }
        return true;
    }

    /** @param {number} count how many messages of `_next` went out */
    _took(count) {
        for (const end = this._sent + count; this._sent < end; this._sent++) {
            this._flying += sizeOf(this._queue[this._sent - this._acknowledged].data);
        }
        this._handed = Math.max(this._handed, this._sent);
        if (!this._buffer) {
            this._trim(this._sent);
        }
    }

    /** How many messages have not gone out on the stream in use. */
    get _unsent() {
        return this._queue.length + this._acknowledged - this._sent;
    }

    /**
     * The peer acknowledges messages. Throws if the count exceeds the messages ever sent; an earlier count is ignored.
     *
     * @param {number} count
     */
    _trim(count) {
        if (count > this._handed) {
            throw Error("invalid packet");
        }
        for (const { data } of this._queue.splice(0, Math.max(0, count - this._acknowledged))) {
            const size = sizeOf(data);
            this._bytes -= size;
            // The message may have gone out on an earlier stream, and not yet on this one.
            if (this._acknowledged++ < this._sent) {
                this._flying -= size;
            }
        }
        this._sent = Math.max(this._sent, this._acknowledged);
    }

    /**
     * Another stream begins: all messages that are not acknowledged go out again. Throws if the two sides do not fit
     * together.
     *
     * @param {number} from the number of the message before the first one that will come in
     * @param {number} ack how many messages the peer has received
     * @param {boolean} isNumbered whether outgoing messages carry their numbers. Then `ack` may lag behind the
     *     acknowledgement in the answer to a POST, and the higher count holds
     */
    _attach(from, ack, isNumbered) {
        if (from > this._received || (ack < this._acknowledged && !isNumbered)) {
            throw Error("broken session");
        }
        this._trim(ack);
        this._sent = this._acknowledged;
        this._flying = 0;
    }

    /**
     * Whether a message that came in is new. Throws if one before it is missing.
     *
     * @param {number} number its number, which follows from its place on the stream
     * @param {Data} data
     */
    _take(number, data) {
        if (number > this._received + 1) {
            throw Error("broken session");
        }
        if (number <= this._received) {
            return false;
        }
        this._received = number;
        this._unreported += sizeOf(data);
        return true;
    }

    /** Whether the incoming messages must be acknowledged now. */
    get _isDue() {
        return this._received - this._reported >= MESSAGES || this._unreported >= Math.min(BYTES, this._buffer / 4);
    }

    /** @param {number} count how many messages are being acknowledged; during an attach maybe fewer than came in */
    _report(count) {
        this._reported = count;
        if (count === this._received) {
            this._unreported = 0;
        }
        return count;
    }

    /** At the end of the session: removes the messages that were never handed over, and returns their owners. */
    _recall() {
        const messages = this._queue.splice(this._handed - this._acknowledged);
        return messages.flatMap(({ owner }) => owner ?? []);
    }
}
