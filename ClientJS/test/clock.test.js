// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { now } from "../src/clock.js";
import { Bench, NAMES } from "./bench.js";
import { ManualClock } from "./manual-clock.js";

describe("the time that has passed", () => {
    let clock;

    beforeEach(() => {
        clock = new ManualClock();
        now();
    });

    afterEach(() => clock.restore());

    /** What `now` says has passed in between. */
    function passed(between) {
        const before = now();
        between();
        return now() - before;
    }

    test("is that of the page's clock", () => {
        assert.equal(passed(() => clock.sleep(1234)), 1234);
    });

    test("is none while the wall clock is put back, and goes on from there", () => {
        assert.equal(passed(() => clock.turn(-3600000)), 0);
        assert.equal(passed(() => clock.sleep(1234)), 1234);
    });

    test("is what the wall clock says when the page's clock has slept", () => {
        assert.equal(passed(() => clock.turn(60000)), 60000);
        assert.equal(passed(() => clock.turn(60000)), 60000);
    });

    test("does not run ahead by rounding, however often it is asked for", () => {
        const { now: wall } = Date;
        Date.now = () => Math.floor(wall());
        const all = passed(() => {
            for (let i = 0; i < 10000; i++) {
                clock.sleep(0.3);
                now();
            }
        });
        Date.now = wall;
        assert.ok(Math.abs(all - 3000) < 1, String(all));
    });
});

describe("a deadline", () => {
    let bench;

    beforeEach(() => {
        bench = new Bench();
    });

    afterEach(() => bench.stop());

    for (const grants of [true, false]) {
        const kind = grants ? "lossless" : "plain";
        const isLost = () => bench.events.some(([event, name]) => event === "close" || (event === "transport" && !name));

        for (const step of [-3600000, 20000]) {
            test(`in a ${kind} session is kept when the wall clock is put ${step < 0 ? "back" : "forward, by less"}`, async () => {
                bench.server.grants = grants;
                await bench.open();
                bench.network.fail("stall");
                await bench.clock.advance(10000);
                bench.clock.turn(step);
                const left = 45000 - 10000 - Math.max(step, 0);
                await bench.clock.advance(left - 1000);
                assert.ok(!isLost());
                await bench.clock.advance(2000);
                assert.ok(isLost());
            });
        }

        test(`in a ${kind} session is missed by a sleep through which the page's clock stood still`, async () => {
            bench.server.grants = grants;
            await bench.open();
            bench.network.fail("stall");
            bench.clock.turn(46000);
            assert.ok(!isLost());
            await bench.clock.advance(5500);
            assert.ok(isLost());
        });
    }

    test("of a lossless session without a network is kept when the wall clock is put back", async () => {
        const session = await bench.open();
        bench.network.walls = Object.fromEntries(NAMES.map((name) => [name, "refused"]));
        bench.network.fail();
        await bench.clock.advance(1000);
        bench.clock.turn(-3600000);
        // What the server keeps it for, and as late as it may notice the loss.
        await bench.until(() => session._ended, 30000 + 45000 + 10000);
    });

    test("that the wall clock alone has passed costs a lossless session an attach, and nothing else", async () => {
        const session = await bench.open();
        const { other } = bench;
        bench.clock.turn(3600000);
        session._send(["a"]);
        await bench.until(() => other.received.length);
        assert.ok(!session._ended);
        assert.equal(bench.requests({ attach: "1" }).length, 1);
    });
});
