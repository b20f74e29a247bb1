// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Every state of a session by every event: the machine alone, and then a session in each of the states.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import * as machine from "../src/session-state-machine.js";
import { Bench } from "./bench.js";

const same = Symbol("the event changes nothing");

/** By state: whether a transport is in use, and where the events lead. */
const STATES = {
    OPENING: { ATTACHED: "OPEN", LOST: same, CLOSED: "OVER", SAID: same, ENDED: "OVER" },
    OPEN: { isAttached: true, ATTACHED: same, LOST: "SUSPENDED", CLOSED: "CLOSING", SAID: same, ENDED: "OVER" },
    SUSPENDED: { ATTACHED: "OPEN", LOST: same, CLOSED: "STRANDED", SAID: same, ENDED: "OVER" },
    CLOSING: { isAttached: true, ATTACHED: same, LOST: "STRANDED", CLOSED: same, SAID: "PARTING", ENDED: "OVER" },
    STRANDED: { ATTACHED: "CLOSING", LOST: same, CLOSED: same, SAID: same, ENDED: "OVER" },
    PARTING: { isAttached: true, ATTACHED: "CLOSING", LOST: "STRANDED", CLOSED: same, SAID: same, ENDED: "OVER" },
    OVER: { ATTACHED: same, LOST: same, CLOSED: same, SAID: same, ENDED: same },
};
const EVENTS = ["ATTACHED", "LOST", "CLOSED", "SAID", "ENDED"];

/** The state's name after an event. */
const after = (state, event) => {
    const next = machine.next(machine[state], machine[event]);
    return next === undefined ? same : Object.keys(STATES)[next];
};

describe("the machine", () => {
    test("has these states and events, and no others", () => {
        const { next, ...constants } = machine;
        assert.deepEqual(Object.keys(constants).sort(), [...Object.keys(STATES), ...EVENTS].sort());
        assert.deepEqual(Object.keys(STATES).map((name) => machine[name]), [0, 1, 2, 3, 4, 5, 6]);
        assert.deepEqual(EVENTS.map((name) => machine[name]), [0, 1, 2, 3, 4]);
    });

    for (const [state, cells] of Object.entries(STATES)) {
        for (const event of EVENTS) {
            const expected = cells[event];
            test(`${state}, ${event}: ${expected === same ? "nothing" : expected}`, () => {
                assert.equal(after(state, event), expected);
            });
        }
    }

    test("has a transport in use after ATTACHED, and none after LOST", () => {
        for (const state of Object.keys(STATES).slice(0, -1)) {
            for (const [event, isAttached] of [["ATTACHED", true], ["LOST", undefined]]) {
                const next = after(state, event);
                assert.equal(STATES[next === same ? state : next].isAttached, isAttached, `${state}, ${event}`);
            }
        }
    });

    test("never leads from a closed session back to an open one", () => {
        for (const state of ["CLOSING", "STRANDED", "PARTING", "OVER"]) {
            for (const event of EVENTS) {
                const next = after(state, event);
                assert.ok(next === same || machine[next] >= machine.CLOSING, `${state}, ${event}`);
            }
        }
    });
});

describe("a session that is", () => {
    let bench;

    beforeEach(() => {
        bench = new Bench();
    });

    afterEach(async () => {
        assert.deepEqual(bench.server.faults, []);
        await bench.stop();
    });

    /** The session, brought into a state. */
    const paths = {
        OPENING: async () => {
            bench.network.walls = { sse: "silent" };
            bench.open(["sse"]).catch(() => {});
            return bench.sessions[0];
        },
        OPEN: () => bench.open(["sse"]),
        SUSPENDED: async () => {
            const session = await bench.open(["sse"]);
            session._freeze();
            return session;
        },
        CLOSING: async () => {
            const session = await bench.open(["sse"]);
            bench.network.walls = { sse: "silent" };
            // The goodbye waits for the answer to this POST.
            session._send(["a"]);
            await bench.clock.advance(0);
            session._close();
            return session;
        },
        STRANDED: async () => {
            const session = await paths.SUSPENDED();
            bench.network.walls = { sse: "silent" };
            session._close();
            return session;
        },
        PARTING: async () => {
            const session = await bench.open(["sse"]);
            bench.network.walls = { sse: "silent" };
            session._close();
            await bench.clock.advance(0);
            return session;
        },
        OVER: async () => {
            const session = await bench.open(["sse"]);
            session._end("transport error");
            return session;
        },
    };

    /** What leads to an event in whichever state, where anything does. */
    const causes = {
        LOST: (session) => session._lost(session.transport, "transport error"),
        CLOSED: (session) => session._close(),
        ENDED: (session) => session._end("transport error"),
    };

    for (const [state, { isAttached = false, ...cells }] of Object.entries(STATES)) {
        test(`${state} has ${isAttached ? "a" : "no"} transport in use`, async () => {
            const session = await paths[state]();
            assert.equal(session._state, machine[state]);
            assert.equal(!!session.transport, isAttached);
            assert.equal(session._closing, machine[state] >= machine.CLOSING);
            assert.equal(session._ended, state === "OVER");
        });

        for (const [event, cause] of Object.entries(causes)) {
            const expected = cells[event] === same ? state : cells[event];
            test(`${state} is ${expected} after ${event}, and says "close" ${expected === "OVER" ? "once" : "not"}`, async () => {
                const session = await paths[state]();
                bench.events.length = 0;
                cause(session);
                assert.equal(session._state, machine[expected]);
                const closes = bench.events.filter(([name]) => name === "close").length;
                assert.equal(closes, expected === "OVER" && state !== "OVER" ? 1 : 0);
                cause(session);
                assert.equal(bench.events.filter(([name]) => name === "close").length, closes);
            });
        }
    }

    for (const [state, expected] of [["OPENING", "OPEN"], ["SUSPENDED", "OPEN"], ["STRANDED", "CLOSING"]]) {
        test(`${state} is ${expected} when it finds a transport`, async () => {
            const session = await paths[state]();
            const states = [];
            session.on("transport", () => states.push(session._state));
            bench.network.walls = {};
            session._renew();
            await bench.until(() => states.length, 30000);
            assert.equal(states[0], machine[expected]);
        });
    }

    test("OVER looks for no transport when the network is back", async () => {
        const session = await paths.OVER();
        session._renew();
        await bench.clock.advance(60000);
        assert.deepEqual([bench.requests(), session.transport], [[], undefined]);
    });

    test("CLOSING is PARTING when all that was queued has left, and then OVER", async () => {
        const session = await bench.open(["sse"]);
        const { other } = bench;
        session._send(["a"]);
        session._close();
        assert.equal(session._state, machine.CLOSING);
        await bench.until(() => session._state === machine.PARTING);
        await bench.until(() => session._ended);
        assert.deepEqual([other.received, other.controls], [["a"], ["1"]]);
    });

    test("PARTING says goodbye once more if its transport is lost", async () => {
        const session = await paths.PARTING();
        const { other } = bench;
        // The POST with the first goodbye is swallowed: it has come to the wall by then.
        await bench.clock.advance(100);
        session._lost(session.transport, "transport error");
        assert.equal(session._state, machine.STRANDED);
        bench.network.walls = {};
        await bench.until(() => session._ended, 30000);
        assert.deepEqual(other.controls, ["1"]);
        assert.equal(bench.events.filter(([name]) => name === "close").length, 1);
    });
});

test("a plain session ends with its transport, whether it is open or being closed", async () => {
    for (const isClosing of [false, true]) {
        const bench = new Bench();
        bench.server.grants = false;
        const session = await bench.open(["sse"]);
        bench.network.walls = { sse: "silent" };
        if (isClosing) {
            session._close();
        }
        session._lost(session.transport, "transport error");
        assert.equal(session._state, machine.OVER);
        assert.deepEqual(bench.events.map(([name, reason]) => [name, reason]), [["close", "transport error"]]);
        await bench.stop();
    }
});
