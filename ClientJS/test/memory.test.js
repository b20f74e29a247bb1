// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { recall, remember } from "../src/memory.js";
import { ManualClock } from "./manual-clock.js";

let clock;

beforeEach(() => {
    clock = new ManualClock();
    globalThis.localStorage = {};
});

afterEach(() => {
    clock.restore();
    delete globalThis.localStorage;
});

test("what worked is known for an hour, by the server's address", () => {
    remember("https://a.example/socket.io/", "sse");
    assert.equal(recall("https://a.example/socket.io/"), "sse");
    assert.equal(recall("https://b.example/socket.io/"), undefined);
    clock.sleep(3599999);
    assert.equal(recall("https://a.example/socket.io/"), "sse");
    clock.sleep(1);
    assert.equal(recall("https://a.example/socket.io/"), undefined);
});

test("working again does not prolong that; another does", () => {
    remember("x", "sse");
    clock.sleep(3000000);
    remember("x", "sse");
    clock.sleep(600000);
    assert.equal(recall("x"), undefined);
    remember("x", "sse");
    clock.sleep(3000000);
    remember("x", "websocket");
    clock.sleep(3000000);
    assert.equal(recall("x"), "websocket");
});

test("storage that is missing, forbidden, full or spoilt is none", () => {
    delete globalThis.localStorage;
    remember("x", "sse");
    assert.equal(recall("x"), undefined);
    Object.defineProperty(globalThis, "localStorage", {
        configurable: true,
        get() {
            throw new Error("SecurityError");
        },
    });
    remember("x", "sse");
    assert.equal(recall("x"), undefined);
    Object.defineProperty(globalThis, "localStorage", { configurable: true, writable: true, value: Object.freeze({}) });
    remember("x", "sse");
    assert.equal(recall("x"), undefined);
    globalThis.localStorage = { "martlet:x": "sse" };
    assert.equal(recall("x"), undefined);
});

test("what was noted before the clock was put back is not known, and noted anew", () => {
    remember("x", "sse");
    clock.turn(-7200000);
    assert.equal(recall("x"), undefined);
    remember("x", "sse");
    assert.equal(recall("x"), "sse");
    clock.sleep(3599999);
    assert.equal(recall("x"), "sse");
    clock.sleep(1);
    assert.equal(recall("x"), undefined);
});
