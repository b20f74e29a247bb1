// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../src/backoff.js";

function create(delay, delayMax, randomizationFactor, random) {
    return new Backoff({ delay, delayMax, randomizationFactor }, "delay", random);
}

test("delays double up to the longest", () => {
    const backoff = create(1000, 5000, 0);
    assert.deepEqual([1, 2, 3, 4, 5].map(() => backoff._next()), [1000, 2000, 4000, 5000, 5000]);
    assert.equal(backoff._attempts, 5);
});

test("the spread is on both sides of the nominal delay", () => {
    assert.equal(create(1000, 5000, 0.5, () => 0)._next(), 500);
    assert.equal(create(1000, 5000, 0.5, () => 0.999999)._next().toFixed(0), "1500");
});

test("no delay passes the longest, and those that would stay spread below it", () => {
    let value = 0;
    const backoff = create(5000, 5000, 0.5, () => value);
    const delays = [];
    for (value = 0; value < 1; value += 0.1) {
        delays.push(Math.round(backoff._next()));
    }
    assert.ok(Math.max(...delays) <= 5000 && Math.min(...delays) >= 2500);
    assert.ok(new Set(delays).size > 4);
});

test("a thousand attempts do not overflow", () => {
    const backoff = create(1000, 5000, 1);
    for (let i = 0; i < 2000; i++) {
        const delay = backoff._next();
        assert.ok(delay >= 0 && delay <= 5000);
    }
});
