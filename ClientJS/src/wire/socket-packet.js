// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Socket.IO 5 packets (PROTOCOL 2): <type>[<attachments>-][<namespace>,][<id>][JSON], and then the attachments.

export const CONNECT = 0;
export const DISCONNECT = 1;
export const EVENT = 2;
export const ACK = 3;
export const CONNECT_ERROR = 4;

/** The type of a packet with attachments is the type of the plain packet plus three. */
const BINARY = 3;

export const RESERVED_EVENTS = /^(connect(_error)?|disconnect(ing)?|(new|remove)Listener)$/;

/** @typedef {{type: number, nsp: string, id?: number, data?: any}} Packet */

/**
 * A copy of the bytes, since the application may change them before they leave; undefined if the value is not binary.
 *
 * @param {any} value
 * @returns {ArrayBuffer | Blob | undefined}
 */
function binary(value) {
    if (value instanceof ArrayBuffer) {
        return value.slice(0);
    }
    if (ArrayBuffer.isView(value)) {
        return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice().buffer;
    }
    if (value instanceof Blob) {
        return value;
    }
}

/**
 * The messages that carry a packet: its text, then its attachments.
 *
 * @param {Packet} packet
 * @returns {(string | ArrayBuffer | Blob)[]}
 */
export function encode({ type, nsp, id, data }) {
    /** @type {(ArrayBuffer | Blob)[]} */
    const attachments = [];
    const json =
        data === undefined
            ? ""
            : JSON.stringify(data, function (key, value) {
                  // Not `value`: a Buffer's toJSON has already turned `value` into a list of numbers.
                  const bytes = binary(this[key]);
                  // The name is quoted so that the build does not shorten it.
                  return bytes ? { "_placeholder": true, num: attachments.push(bytes) - 1 } : value;
              });
    const head = attachments.length ? `${type + BINARY}${attachments.length}-` : type;
    return [head + (nsp === "/" ? "" : nsp + ",") + (id ?? "") + json, ...attachments];
}

/**
 * The message that asks to join a namespace. Throws if `auth` is not an object, or contains binary data.
 *
 * @param {string} nsp
 * @param {any} auth sent unless falsy
 * @param {object | false | ""} [recovery] falsy if there is nothing to recover
 */
export function encodeConnect(nsp, auth, recovery) {
    const messages = encode({ type: CONNECT, nsp, data: recovery ? { ...recovery, ...auth } : auth || undefined });
    if (messages[1] || (auth && (!isObject(auth) || binary(auth)))) {
        throw Error("auth is not an object without binary data");
    }
    return messages;
}

/**
 * Turns messages into packets. A decoder lives as long as the session: an event and its attachments may come on two
 * transports.
 */
export class Decoder {
    /** @type {Packet | undefined} */
    _partial;
    /** @type {ArrayBuffer[]} */
    _attachments = [];
    _expected = 0;

    /** @param {number} maxAttachments the most attachments of one packet */
    constructor(maxAttachments) {
        this._maxAttachments = maxAttachments;
    }

    /**
     * Throws if the message is malformed; the caller must then close the session.
     *
     * @param {string | ArrayBuffer} message
     * @returns {Packet | undefined} undefined while attachments are outstanding
     */
    _add(message) {
        if (typeof message === "string") {
            if (this._partial) {
                throw Error("illegal attachments");
            }
            const packet = this._parse(message);
            if (!this._expected) {
                return packet;
            }
            this._partial = packet;
            this._attachments = [];
        } else {
            const packet = this._partial;
            if (!packet) {
                throw Error("illegal attachments");
            }
            if (this._attachments.push(message) === this._expected) {
                this._partial = undefined;
                packet.data = fill(packet.data, this._attachments);
                return packet;
            }
        }
    }

    /**
     * @param {string} text
     * @returns {Packet}
     */
    _parse(text) {
        const parts = /^([0-6])(?:(\d+)-)?(?:(\/[^,]*),?)?(\d*)(.*)/s.exec(text);
        if (!parts) {
            throw Error("invalid packet");
        }
        const [, digit, count, nsp, digits, json] = parts;
        const isBinary = +digit > CONNECT_ERROR;
        if (isBinary !== !!count) {
            throw Error("illegal attachments");
        }
        this._expected = +(count ?? 0);
        if (this._expected > this._maxAttachments) {
            throw Error("too many attachments");
        }
        const type = isBinary ? +digit - BINARY : +digit;
        const id = digits ? +digits : undefined;
        const data = json ? JSON.parse(json) : undefined;
        if ((id && !Number.isSafeInteger(id)) || !isValid[type](data)) {
            throw Error("invalid payload");
        }
        return { type, nsp: nsp || "/", id, data };
    }
}

/**
 * Whether the value may be the name of an event.
 *
 * @param {unknown} value
 */
export const isName = (value) => /string|number/.test(typeof value);

/** @param {any} data */
const isObject = (data) => data && typeof data === "object" && !Array.isArray(data);

/**
 * By packet type: whether the data is valid.
 *
 * @type {((data: any) => boolean)[]}
 */
const isValid = [
    (data) => data === undefined || isObject(data),
    (data) => data === undefined,
    (data) =>
        Array.isArray(data) && isName(data[0]) && !RESERVED_EVENTS.test(data[0]),
    Array.isArray,
    (data) => typeof data === "string" || isObject(data),
];

/**
 * Puts the attachments where their placeholders are.
 *
 * @param {any} value
 * @param {ArrayBuffer[]} attachments
 * @returns {any}
 */
function fill(value, attachments) {
    if (Object(value) !== value) {
        return value;
    }
    if (value["_placeholder"] === true) {
        if (!(value.num in attachments) || typeof value.num !== "number") {
            throw Error("illegal attachments");
        }
        return attachments[value.num];
    }
    for (const key of Object.keys(value)) {
        value[key] = fill(value[key], attachments);
    }
    return value;
}
