// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Heartbeat } from "../src/heartbeat.js";
import { ManualClock } from "./manual-clock.js";

const PATIENCE = 12000;

let clock;
let heartbeat;
/** When the silence was noticed. */
let silences;

beforeEach(() => {
    clock = new ManualClock();
    silences = [];
    heartbeat = new Heartbeat(() => {
        silences.push(clock.now);
        heartbeat._stop(0);
    });
    heartbeat._patience = PATIENCE;
});

afterEach(() => {
    heartbeat._stop(0);
    clock.restore();
});

test("before the first transport there is no deadline", async () => {
    await clock.advance(1e9);
    assert.equal(heartbeat._check(), false);
    assert.deepEqual(silences, []);
});

test("a silent server is noticed right after its patience", async () => {
    heartbeat._start(false);
    await clock.advance(PATIENCE);
    assert.deepEqual(silences, []);
    await clock.advance(1);
    assert.deepEqual(silences, [PATIENCE + 1]);
    await clock.advance(1e6);
    assert.equal(silences.length, 1);
});

test("each ping gives the server all its time again", async () => {
    heartbeat._start(false);
    for (let i = 0; i < 5; i++) {
        await clock.advance(PATIENCE - 1000);
        heartbeat._start(true);
    }
    const last = clock.now;
    await clock.advance(2 * PATIENCE);
    assert.deepEqual(silences, [last + PATIENCE + 1]);
});

test("a ping waits for its answer, unless another transport came into use", () => {
    heartbeat._start(true);
    assert.equal(heartbeat._isPinged, true);
    heartbeat._start(false);
    assert.equal(heartbeat._isPinged, false);
});

test("a clock that went on while timers stood still is noticed within a tick, and by every check at once", async () => {
    heartbeat._start(false);
    await clock.advance(1000);
    clock.turn(PATIENCE);
    assert.deepEqual(silences, []);
    await clock.advance(4001);
    assert.deepEqual(silences, [5000]);
    heartbeat._start(false);
    clock.turn(2 * PATIENCE);
    assert.equal(heartbeat._check(), true);
    assert.equal(silences.length, 2);
});

test("without a transport it keeps still, and knows when the server has forgotten the session", async () => {
    const keep = 30000;
    heartbeat._start(false);
    await clock.advance(1000);
    heartbeat._stop(keep);
    await clock.advance(PATIENCE + keep);
    assert.equal(heartbeat._check(), false);
    await clock.advance(1);
    assert.deepEqual(silences, []);
    assert.equal(heartbeat._check(), true);
});
