// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Engine.IO 4 packets (PROTOCOL 1): a digit and its data; binary is a frame of its own, or `b` and base64 in text.

export const OPEN = "0";
export const CLOSE = "1";
export const PING = "2";
export const PONG = "3";
export const MESSAGE = "4";
export const NOOP = "6";

const SEPARATOR = "\x1e";

/** @typedef {{type: string, data: string | ArrayBuffer | Blob}} Packet */

/**
 * What a WebSocket sends for it.
 *
 * @param {Packet} packet
 * @returns {string | ArrayBuffer}
 */
export function encodeFrame({ type, data }) {
    return typeof data === "string" ? type + data : /** @type {ArrayBuffer} */ (data);
}

/**
 * What stands in an HTTP body or an event for it.
 *
 * @param {Packet} packet
 */
export function encodeText({ type, data }) {
    return typeof data === "string" ? type + data : "b" + toBase64(/** @type {ArrayBuffer} */ (data));
}

/**
 * @param {string | ArrayBuffer} frame
 * @returns {Packet}
 */
export function decodeFrame(frame) {
    if (typeof frame !== "string") {
        return { type: MESSAGE, data: frame };
    }
    if (frame[0] === "b") {
        return { type: MESSAGE, data: fromBase64(frame.slice(1)) };
    }
    if (!/^[0-6]/.test(frame)) {
        throw new Error(frame ? "unknown packet type" : "empty packet");
    }
    return { type: frame[0], data: frame.slice(1) };
}

/** @param {string[]} texts */
export function joinPayload(texts) {
    return texts.join(SEPARATOR);
}

/** @param {string} payload the body of a polling answer: one packet or more */
export function splitPayload(payload) {
    return payload.split(SEPARATOR);
}

/**
 * Bytes of the packet in an HTTP body, its separator not counted.
 *
 * @param {Packet} packet
 */
export function textSize({ data }) {
    return typeof data === "string"
        ? 1 + new TextEncoder().encode(data).length
        : 1 + Math.ceil(/** @type {ArrayBuffer} */ (data).byteLength / 3) * 4;
}

/**
 * The handshake in an open packet.
 *
 * @param {string} text
 */
export function decodeOpen(text) {
    const open = JSON.parse(text);
    /** @param {unknown} value */
    const isCount = (value) => Number.isSafeInteger(value) && /** @type {number} */ (value) >= 0;
    const { sid, pingInterval, pingTimeout, maxPayload = 0, ack = 0, from = 0 } = open;
    if (typeof sid !== "string" || ![pingInterval, pingTimeout, maxPayload, ack, from].every(isCount)) {
        throw new Error("invalid open packet");
    }
    return open;
}

/** @param {ArrayBuffer} buffer */
function toBase64(buffer) {
    const bytes = new Uint8Array(buffer);
    let binary = "";
    // In steps: each byte is an argument of the call, and engines limit those (65,536 in WebKit).
    for (let start = 0; start < bytes.length; start += 8192) {
        binary += String.fromCharCode(...bytes.subarray(start, start + 8192));
    }
    return btoa(binary);
}

/** @param {string} text */
function fromBase64(text) {
    // atob forgives white space and missing padding; the wire does not.
    if (text.length % 4 || /\s/.test(text)) {
        throw new Error("invalid base64");
    }
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
}
