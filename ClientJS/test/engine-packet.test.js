// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as wire from "../src/wire/engine-packet.js";
import { bytes, vectors } from "./vectors.js";

const { packets, payloads, opens, invalid, invalidPayloads, invalidOpens } = vectors("engine-packets");
const digits = { open: "0", close: "1", ping: "2", pong: "3", message: "4", upgrade: "5", noop: "6" };
const toPacket = ({ type, data }) => ({ type: digits[type], data: bytes(data) });
const encoders = { websocket: wire.encodeFrame, polling: wire.encodeText };

// Forms of a lossless session come with it.
const known = ({ form }) => form in encoders;

/** The data of an event, as an EventSource takes it from the stream. */
const eventData = (text) => text.replace(/\n\n$/, "").split("\n").map((line) => line.replace(/^data: ?/, "")).join("\n");

describe("packets", () => {
    for (const { name, form, encoded, packet, decodeOnly } of packets.filter(known)) {
        test(`${name}: is decoded`, () => assert.deepEqual(wire.decodeFrame(bytes(encoded)), toPacket(packet)));
        if (!decodeOnly) {
            test(`${name}: is encoded`, () => assert.deepEqual(encoders[form](toPacket(packet)), bytes(encoded)));
        }
        if (form === "polling" && !decodeOnly) {
            test(`${name}: its size is known`, () =>
                assert.equal(wire.textSize(toPacket(packet)), Buffer.byteLength(encoded)));
        }
    }
    for (const { name, encoded, reason } of invalid.filter(known)) {
        test(`${name}: is refused`, () => assert.throws(() => wire.decodeFrame(encoded), base64OrReason(reason)));
    }
});

describe("events of a stream", () => {
    for (const { name, encoded, packet } of packets.filter(({ form }) => form === "sse")) {
        test(`${name}: is decoded`, () => assert.deepEqual(wire.decodeFrame(eventData(encoded)), toPacket(packet)));
    }
});

describe("payloads", () => {
    const decode = (text) => wire.splitPayload(text).map(wire.decodeFrame);
    for (const { name, resumable, encoded, packets, decodeOnly } of payloads.filter(({ resumable }) => !resumable)) {
        test(`${name}: is decoded`, () => assert.deepEqual(decode(encoded), packets.map(toPacket)));
        if (!decodeOnly) {
            test(`${name}: is encoded`, () =>
                assert.equal(wire.joinPayload(packets.map(toPacket).map(wire.encodeText)), encoded));
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

test("a megabyte of binary survives base64", () => {
    const data = Uint8Array.from({ length: 1 << 20 }, (_, i) => i * 7).buffer;
    const text = wire.encodeText({ type: wire.MESSAGE, data });
    assert.equal(text, "b" + Buffer.from(data).toString("base64"));
    assert.deepEqual(wire.decodeFrame(text).data, data);
});

/** atob's own error has another text. */
function base64OrReason(reason) {
    return (error) => error.message === reason || (reason === "invalid base64" && error.name === "InvalidCharacterError");
}
