// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/** Messages after which a side says what it has received, if nothing else did (PROTOCOL 4). */
const MESSAGES = 64;
const BYTES = 65536;

/** @typedef {string | ArrayBuffer | Blob} Data */

/**
 * @typedef {object} Message
 * @property {number} type Engine.IO's
 * @property {Data} data
 * @property {Owner} [owner] what the application gave, on the first of its messages: it goes back if never handed over
 * @property {boolean} [_isHeld] on the first of them too: whether its Blobs are still being read. Nothing of it is handed
 *     over before, since what has a number cannot be left out any more; and what comes after it waits.
 */

/**
 * @typedef {object} Owner
 * @property {(error: unknown) => void} [_fail] told why it will not be sent
 */

/**
 * Bytes, or for text about as many.
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
 * The numbers of a session's messages, both ways, and what is kept until it is acknowledged (PROTOCOL 4). Pure: it
 * knows no transport and no time. In a plain session, where nothing is acknowledged, what was handed over is gone.
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
    /** Bytes of all that. */
    _bytes = 0;
    /** What the peer has received. */
    _acknowledged = 0;
    /** The last number on the stream in use. */
    _sent = 0;
    /** Bytes of what is sent and not acknowledged. */
    _flying = 0;
    /** The last number ever handed over, on whichever stream. */
    _handed = 0;
    /** What has come in. */
    _received = 0;
    /** What of that the peer was told. */
    _reported = 0;
    /** Bytes since then. */
    _unreported = 0;

    /** @param {Message} message */
    _push(message) {
        this._queue.push(message);
        this._bytes += sizeOf(message.data);
        return message;
    }

    /** Whether the peer has to acknowledge before more goes out; one message always may, however large. */
    get _isFull() {
        return this._buffer > 0 && this._flying >= this._buffer;
    }

    /** What may be handed over next, in order. */
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
     * Takes out messages that are held.
     *
     * @param {Message[]} messages those of one owner
     * @returns {boolean} whether they were there; `_recall` may have given them back
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

    /** @param {number} count how many of `_next` went out */
    _took(count) {
        for (const end = this._sent + count; this._sent < end; this._sent++) {
            this._flying += sizeOf(this._queue[this._sent - this._acknowledged].data);
        }
        this._handed = Math.max(this._handed, this._sent);
        if (!this._buffer) {
            this._trim(this._sent);
        }
    }

    /** How many have not gone out on the stream in use. */
    get _unsent() {
        return this._queue.length + this._acknowledged - this._sent;
    }

    /**
     * The peer's count. Throws if it has more than was ever sent; one from before is ignored.
     *
     * @param {number} count
     */
    _trim(count) {
        if (count > this._handed) {
            throw new Error("illegal count");
        }
        for (const { data } of this._queue.splice(0, Math.max(0, count - this._acknowledged))) {
            const size = sizeOf(data);
            this._bytes -= size;
            // It may have gone out on an earlier stream, and not yet on this one.
            if (this._acknowledged++ < this._sent) {
                this._flying -= size;
            }
        }
        this._sent = Math.max(this._sent, this._acknowledged);
    }

    /**
     * Another stream begins: all that is not acknowledged goes out again. Throws if the two sides cannot be joined.
     *
     * @param {number} from the number before the first that will come in
     * @param {number} ack what the peer has received
     * @param {boolean} isNumbered whether what goes up says its own number; what the answer to a POST has acknowledged
     *     in the meantime then counts, where it is more
     */
    _attach(from, ack, isNumbered) {
        if (from > this._received || (ack < this._acknowledged && !isNumbered)) {
            throw new Error("broken session");
        }
        this._trim(ack);
        this._sent = this._acknowledged;
        this._flying = 0;
    }

    /**
     * Whether a message that came in is new. Throws if one before it is missing.
     *
     * @param {number} number by its place on the stream
     * @param {Data} data
     */
    _take(number, data) {
        if (number > this._received + 1) {
            throw new Error("broken session");
        }
        if (number <= this._received) {
            return false;
        }
        this._received = number;
        this._unreported += sizeOf(data);
        return true;
    }

    /** Whether the peer waits to hear what came in. */
    get _isDue() {
        return this._received - this._reported >= MESSAGES || this._unreported >= Math.min(BYTES, this._buffer / 4);
    }

    /** @param {number} count what the peer is being told; during an attach that may be less than came in */
    _report(count) {
        this._reported = count;
        if (count === this._received) {
            this._unreported = 0;
        }
        return count;
    }

    /** At the end of the session: takes out what was never handed over, and returns whose it was. */
    _recall() {
        const messages = this._queue.splice(this._handed - this._acknowledged);
        return messages.flatMap(({ owner }) => owner ?? []);
    }
}
