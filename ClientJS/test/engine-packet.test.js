// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as wire from "../src/wire/engine-packet.js";
import { bytes, vectors } from "./vectors.js";

const { packets, payloads, opens, counts, invalid, invalidPayloads, invalidOpens } = vectors("engine-packets");
const digits = { open: 0, close: 1, ping: 2, pong: 3, message: 4, upgrade: 5, noop: 6 };
const toPacket = ({ type, data }) => ({ type: digits[type], data: bytes(data) });
const encoders = { websocket: wire.encodeFrame, polling: wire.encodeText };

// What needs the form of a lossless session's text is never sent by this client: JSON escapes it.
const known = ({ form }) => form in encoders;

/** The data of an event, as an EventSource takes it from the stream. */
const eventData = (text) => text.replace(/\n\n$/, "").split("\n").map((line) => line.replace(/^data: ?/, "")).join("\n");

describe("packets", () => {
    for (const { name, form, encoded, packet, decodeOnly } of packets.filter(known)) {
        test(`${name}: is decoded`, () => assert.deepEqual(wire.decodeFrame(bytes(encoded)), toPacket(packet)));
        if (!decodeOnly) {
            test(`${name}: is encoded`, () => assert.deepEqual(encoders[form](toPacket(packet)), bytes(encoded)));
        }
    }
    for (const { name, encoded, packet } of packets.filter(({ form }) => form === "polling-resumable")) {
        test(`${name}: is decoded`, () => assert.deepEqual(wire.decodeFrame(encoded, false), toPacket(packet)));
    }
    for (const { name, form, encoded, reason } of invalid) {
        test(`${name}: is refused`, () =>
            assert.throws(() => wire.decodeFrame(encoded, form in encoders), base64OrReason(reason)));
    }
});

describe("events of a stream", () => {
    for (const { name, form, encoded, packet } of packets.filter(({ form }) => /^sse/.test(form))) {
        test(`${name}: is decoded`, () =>
            assert.deepEqual(wire.decodeFrame(eventData(encoded), form === "sse"), toPacket(packet)));
    }
});

describe("payloads", () => {
    const decode = (text, resumable = false) =>
        text.split(wire.SEPARATOR).map((frame) => wire.decodeFrame(frame, !resumable));
    for (const { name, resumable, encoded, packets, decodeOnly } of payloads) {
        test(`${name}: is decoded`, () => assert.deepEqual(decode(encoded, resumable), packets.map(toPacket)));
        if (!decodeOnly && !resumable) {
            test(`${name}: is encoded`, () =>
                assert.equal(packets.map(toPacket).map(wire.encodeText).join(wire.SEPARATOR), encoded));
        }
    }
    // What is not UTF-8 never gets here: fetch has decoded it.
    for (const { name, encoded, reason } of invalidPayloads.filter(({ encoded }) => typeof encoded === "string")) {
        test(`${name}: is refused`, () => assert.throws(() => decode(encoded), base64OrReason(reason)));
    }
});

describe("open packets", () => {
    for (const { name, encoded, open } of opens) {
        test(`${name}: is read`, () => {
            const read = wire.decodeOpen(encoded.slice(1));
            for (const [key, value] of Object.entries(open)) {
                assert.deepEqual(read[key], value);
            }
        });
    }
    // The client does not read `upgrades`.
    for (const { name, encoded } of invalidOpens.filter(({ name }) => name !== "upgrades not strings")) {
        test(`${name}: is refused`, () => assert.throws(() => wire.decodeOpen(encoded.slice(1))));
    }
});

describe("counts", () => {
    for (const { text, count } of counts) {
        test(`"${text}" is ${count === null ? "refused" : count}`, () => {
            if (count === null) {
                assert.throws(() => wire.decodeCount(text), /invalid packet/);
            } else {
                assert.equal(wire.decodeCount(text), count);
            }
        });
    }
});

test("a megabyte of binary survives base64", () => {
    const data = Uint8Array.from({ length: 1 << 20 }, (_, i) => i * 7).buffer;
    const text = wire.encodeText({ type: wire.MESSAGE, data });
    assert.equal(text, "b" + Buffer.from(data).toString("base64"));
    assert.deepEqual(wire.decodeFrame(text).data, data);
});

/** One text is for all that is malformed: the client's size counts. The platform's own errors have other texts. */
function base64OrReason(reason) {
    return (error) =>
        error.message === "invalid packet" ||
        (reason === "invalid base64" && error.name === "InvalidCharacterError") ||
        (reason === "invalid UTF-8" && error instanceof TypeError);
}
