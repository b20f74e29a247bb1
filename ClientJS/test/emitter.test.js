// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Emitter } from "../src/emitter.js";

test("listeners are called in order, with the emitter as this", () => {
    const emitter = new Emitter();
    const calls = [];
    emitter.on("a", function (...args) {
        calls.push([1, this === emitter, ...args]);
    });
    emitter.on("a", () => calls.push([2]));
    emitter._dispatch("a", "x", "y");
    assert.deepEqual(calls, [[1, true, "x", "y"], [2]]);
});

test("once is called once, and can be taken off by its own function", () => {
    const emitter = new Emitter();
    const listener = mock.fn();
    emitter.once("a", listener);
    emitter._dispatch("a", 1);
    emitter._dispatch("a", 2);
    assert.equal(listener.mock.callCount(), 1);
    emitter.once("a", listener).off("a", listener);
    assert.equal(emitter.hasListeners("a"), false);
});

test("off removes one listener, all of an event, or all", () => {
    const emitter = new Emitter();
    const [one, two] = [mock.fn(), mock.fn()];
    emitter.on("a", one).on("a", one).on("a", two).on("b", one);
    emitter.off("a", one);
    assert.deepEqual(emitter.listeners("a"), [one, two]);
    emitter.off("a", () => {});
    assert.equal(emitter.listeners("a").length, 2);
    emitter.removeAllListeners("a");
    assert.equal(emitter.hasListeners("a"), false);
    emitter.off();
    assert.equal(emitter.hasListeners("b"), false);
});

test("a listener may remove itself and add others while it is called", () => {
    const emitter = new Emitter();
    const calls = [];
    const first = () => {
        calls.push("first");
        emitter.off("a", first).on("a", () => calls.push("late"));
    };
    emitter.on("a", first).on("a", () => calls.push("second"));
    emitter._dispatch("a");
    assert.deepEqual(calls, ["first", "second"]);
});

test("a listener that throws stops no other, and is reported as uncaught", () => {
    const emitter = new Emitter();
    const second = mock.fn();
    const report = mock.method(globalThis, "queueMicrotask", () => {});
    emitter.on("a", () => {
        throw new Error("mine");
    });
    emitter.on("a", second);
    emitter._dispatch("a");
    report.mock.restore();
    assert.equal(second.mock.callCount(), 1);
    assert.throws(report.mock.calls[0].arguments[0], /mine/);
});
