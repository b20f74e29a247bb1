// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Engine.IO 4 packets (PROTOCOL 1): a digit and its data. A binary message is a frame of its own, or `b` and base64 in
// text.

export const OPEN = 0;
export const CLOSE = 1;
export const PING = 2;
export const PONG = 3;
export const MESSAGE = 4;
export const NOOP = 6;

/** Between the packets of an HTTP body. */
export const SEPARATOR = "\x1e";

/** @typedef {{type: number, data: string | ArrayBuffer | Blob}} Packet */

/**
 * The WebSocket frame of a packet.
 *
 * @param {Packet} packet
 * @returns {string | ArrayBuffer}
 */
export function encodeFrame({ type, data }) {
    return typeof data === "string" ? type + data : /** @type {ArrayBuffer} */ (data);
}

/**
 * The text of a packet in an HTTP body or an event.
 *
 * @param {Packet} packet
 */
export function encodeText({ type, data }) {
    return typeof data === "string" ? type + data : "b" + toBase64(/** @type {ArrayBuffer} */ (data));
}

/**
 * @param {string | ArrayBuffer} frame
 * @param {boolean} [isPlain] false for HTTP in a lossless session, where a frame may be a text in base64 (PROTOCOL 4)
 * @returns {Packet}
 */
export function decodeFrame(frame, isPlain = true) {
    if (typeof frame !== "string") {
        return { type: MESSAGE, data: frame };
    }
    const data = frame.slice(1);
    if (frame[0] === "b") {
        return { type: MESSAGE, data: fromBase64(data) };
    }
    if (frame[0] === "t" && !isPlain) {
        return { type: MESSAGE, data: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(fromBase64(data)) };
    }
    if (!/^[0-6]/.test(frame)) {
        throw Error("invalid packet");
    }
    return { type: +frame[0], data };
}

/** @param {string} text the part after a 2, 3 or 6 in a lossless session */
export function decodeCount(text) {
    if (!/^(0|[1-9]\d*)$/.test(text) || !isCount(+text)) {
        throw Error("invalid packet");
    }
    return +text;
}

/** @param {unknown} value */
function isCount(value) {
    return Number.isSafeInteger(value) && /** @type {number} */ (value) >= 0;
}

/**
 * The handshake in an open packet.
 *
 * @param {string} text
 */
export function decodeOpen(text) {
    const open = { maxPayload: 0, ack: 0, from: 0, ...JSON.parse(text) };
    const { sid, pingInterval, pingTimeout, maxPayload, ack, from } = open;
    if (typeof sid !== "string" || ![pingInterval, pingTimeout, maxPayload, ack, from].every(isCount)) {
        throw Error("invalid packet");
    }
    return open;
}

/** @param {ArrayBuffer} buffer */
function toBase64(buffer) {
    const bytes = new Uint8Array(buffer);
    let binary = "";
    // In steps: each byte is an argument of the call, and engines limit the number of arguments (65,536 in WebKit).
    for (let start = 0; start < bytes.length; start += 8192) {
        binary += String.fromCharCode(...bytes.subarray(start, start + 8192));
    }
    return btoa(binary);
}

/** @param {string} text */
function fromBase64(text) {
    // atob accepts white space and missing padding; the protocol does not.
    if (text.length % 4 || /\s/.test(text)) {
        throw Error("invalid packet");
    }
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
}
