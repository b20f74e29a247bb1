// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as wire from "../src/wire/socket-packet.js";
import { bytes, vectors } from "./vectors.js";

const { packets, invalid } = vectors("socket-packets");
const types = { connect: 0, disconnect: 1, event: 2, ack: 3, connect_error: 4, binary_event: 2, binary_ack: 3 };

/** The value with its attachments where the placeholders were, as the application sees it. */
function filled(value, attachments) {
    if (value?._placeholder) {
        return bytes(attachments[value.num]);
    }
    if (Array.isArray(value)) {
        return value.map((each) => filled(each, attachments));
    }
    if (value && typeof value === "object") {
        return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filled(each, attachments)]));
    }
    return value;
}

function decode(frames) {
    const decoder = new wire.Decoder(10);
    return frames.map((frame) => decoder._add(bytes(frame))).filter(Boolean);
}

describe("packets", () => {
    for (const { name, encoded, packet, decodeOnly } of packets) {
        const data = packet.attachments ? filled(packet.data, packet.attachments) : packet.data;
        const expected = { type: types[packet.type], nsp: packet.namespace, id: packet.id, data };
        test(`${name}: is decoded`, () =>
            assert.deepEqual(decode([encoded, ...(packet.attachments ?? [])]), [expected]));
        // An attachment that is referred to twice is sent twice.
        if (!decodeOnly && name !== "binary event, one attachment twice") {
            test(`${name}: is encoded`, () =>
                assert.deepEqual(wire.encode(expected), [encoded, ...(packet.attachments ?? []).map(bytes)]));
        }
    }
});

describe("malformed packets", () => {
    /** The client's text for several reasons. */
    const texts = {
        "reserved event name": "invalid payload",
        "invalid acknowledgement id": "invalid payload",
        "unknown packet type": "invalid packet",
        "empty packet": "invalid packet",
        "text while attachments are outstanding": "illegal attachments",
        "binary with no attachment outstanding": "illegal attachments",
    };
    for (const { name, encoded, reason } of invalid) {
        test(`${name}: is refused`, () =>
            assert.throws(
                () => decode([encoded].flat()),
                // JSON.parse has texts of its own. The client has fewer, for its size.
                ({ name, message }) =>
                    message === (texts[reason] ?? reason) ||
                    (reason === "invalid payload" && name === "SyntaxError")
            ));
    }
    for (const text of ["2", "3", "31", "4", "51-", "3/a,1"]) {
        test(`${text}: has no payload and is refused`, () =>
            assert.throws(() => decode([text, ...(text[0] === "5" ? [{ base64: "" }] : [])])));
    }
    test("deep nesting is an error, not a crash", () => {
        const deep = "[".repeat(100000) + "]".repeat(100000);
        assert.throws(() => decode([`51-["a",${deep},{"_placeholder":true,"num":0}]`, { base64: "" }]));
    });
});

describe("binary", () => {
    const event = (...data) => wire.encode({ type: wire.EVENT, nsp: "/", data });

    test("each kind is an attachment, wherever it is", () => {
        const [text, ...attachments] = event(
            "a",
            Uint8Array.of(1).buffer,
            { b: [Buffer.from("xy")] },
            new DataView(Uint8Array.of(1, 2, 3).buffer, 1, 1),
            Float32Array.of(1)
        );
        assert.equal(
            text,
            '54-["a",{"_placeholder":true,"num":0},{"b":[{"_placeholder":true,"num":1}]},' +
                '{"_placeholder":true,"num":2},{"_placeholder":true,"num":3}]'
        );
        assert.deepEqual(attachments.map((buffer) => [...new Uint8Array(buffer)]), [[1], [120, 121], [2], [0, 0, 128, 63]]);
    });

    test("bytes are copied: what the application changes later is not sent", () => {
        const view = Uint8Array.of(1, 2);
        const [, buffer, copy] = event("a", view, view.buffer);
        view.fill(9);
        assert.deepEqual([...new Uint8Array(buffer)], [1, 2]);
        assert.deepEqual([...new Uint8Array(copy)], [1, 2]);
    });

    test("a Blob is handed on", () => {
        const blob = new Blob(["x"]);
        assert.equal(event("a", blob)[1], blob);
    });

    test("toJSON is asked, the argument is not changed", () => {
        const argument = { at: new Date(0), bytes: Uint8Array.of(1), secret: { toJSON: () => undefined } };
        const copy = { ...argument };
        assert.equal(event("a", argument)[0], '51-["a",{"at":"1970-01-01T00:00:00.000Z","bytes":{"_placeholder":true,"num":0}}]');
        assert.deepEqual(argument, copy);
    });

    test("a key named __proto__ is a key", () => {
        const [packet] = decode(['51-["a",{"__proto__":{"x":{"_placeholder":true,"num":0}}}]', { base64: "AQ==" }]);
        assert.equal(Object.getPrototypeOf(packet.data[1]), Object.prototype);
        assert.equal({}.x, undefined);
    });
});

describe("the message that asks to join", () => {
    for (const [auth, recovery, text] of [
        [undefined, undefined, "0"],
        [null, undefined, "0"],
        [{}, undefined, "0{}"],
        [{ token: "x" }, undefined, '0{"token":"x"}'],
        [undefined, { pid: "p", offset: "o" }, '0{"pid":"p","offset":"o"}'],
        [{ token: "x" }, { pid: "p" }, '0{"pid":"p","token":"x"}'],
    ]) {
        test(`is ${text}`, () => assert.deepEqual(wire.encodeConnect("/", auth, recovery), [text]));
    }

    test("names its namespace", () => assert.deepEqual(wire.encodeConnect("/a", { b: 1 }), ['0/a,{"b":1}']));

    for (const auth of ["x", 1, true, [], () => {}]) {
        test(`holds no ${typeof auth}: ${auth}`, () => assert.throws(() => wire.encodeConnect("/", auth), /not an object/));
    }

    for (const auth of [{ a: Uint8Array.of(1) }, { a: [{ b: new Blob(["x"]) }] }, new ArrayBuffer(1)]) {
        test(`holds no binary data: ${JSON.stringify(auth)}`, () => {
            assert.throws(() => wire.encodeConnect("/", auth, { pid: "p" }), /binary data/);
        });
    }
});
