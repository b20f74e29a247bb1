// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Sessions over a network that is cut, stalls, repeats and blocks at random, in the middle of switches too, against a
// model of the server. What was received is always the beginning of what was sent; it is all of it unless the session
// ended and said so. MARTLET_SEED repeats a run; MARTLET_SEEDS says how many there are.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Session } from "../src/session.js";
import { FakeNetwork } from "./fake-network.js";
import { ManualClock, randomFrom } from "./manual-clock.js";
import { ModelServer } from "./model-server.js";

const NAMES = ["websocket", "sse", "polling"];
const STEPS = 400;

const options = {
    query: {},
    transportTimeout: 4000,
    reconnectionDelay: 1000,
    reconnectionDelayMax: 5000,
    randomizationFactor: 0.5,
    climbDelay: 500,
    climbDelayMax: 5000,
};

const { random: ownRandom } = Math;
let clock;
let network;

beforeEach(() => {
    clock = new ManualClock();
});

afterEach(() => {
    network.restore();
    clock.restore();
    Math.random = ownRandom;
});

const first = Number(process.env.MARTLET_SEED ?? Math.floor(Math.random() * 2 ** 31));
const count = process.env.MARTLET_SEED ? 1 : Number(process.env.MARTLET_SEEDS ?? 20);
const totals = { up: 0, down: 0, sessions: 0, moves: 0 };

for (let seed = first; seed < first + count; seed++) {
    test(`seed ${seed}: nothing is lost, repeated or reordered`, async () => {
        const random = randomFrom(seed);
        Math.random = random;
        const pick = (list) => list[Math.floor(random() * list.length)];
        const server = new ModelServer();
        server.buffer = pick([500, 5000, 1048576]);
        network = new FakeNetwork(server, random);
        network.repeats = pick([0, 0.1]);

        /** Each session, with what either side sent and received in it. */
        const runs = [];
        let number = 0;
        const make = (prefix) => {
            const text = `${prefix}${++number} ${"x".repeat(random() < 0.1 ? random() * 300 : 0)}`;
            return random() < 0.2 ? new TextEncoder().encode(text) : text;
        };
        const read = (data) => (typeof data === "string" ? data : new TextDecoder().decode(data));

        const begin = () => {
            const run = { up: [], down: [], ended: false, slept: false, server: undefined };
            runs.push(run);
            server.onsession = (session) => {
                // A handshake whose answer was lost leaves one behind that nobody uses.
                session.run = run;
            };
            run.session = new Session("http://model.example/socket.io/", options);
            run.session.on("message", (data) => run.down.push(read(data)));
            run.session.on("open", () => (run.server = server.sessions.get(run.session.id)));
            run.session.on("close", (reason, details) => {
                run.ended = true;
                run.reason = [reason, details];
                run.isForgotten = !server.sessions.has(run.session.id);
                run.recalled = run.session._window._recall().length;
            });
            run.session._open(NAMES, pick([undefined, ...NAMES]));
            // As the manager does: a handshake has its time.
            setTimeout(() => run.session.id ?? run.session._end("timeout"), 20000);
        };
        const check = ({ session, server: other, up, down, ended, slept, isForgotten, reason, recalled }) => {
            if (other) {
                const arrived = other.received.map(read);
                assert.deepEqual(arrived, up.slice(0, arrived.length));
                assert.deepEqual(down, other.sent.slice(0, down.length).map(read));
                if (!ended && session.transport) {
                    assert.ok(session._window._queue.length >= up.length - arrived.length);
                }
                if (ended) {
                    assert.ok(arrived.length + recalled <= up.length, "nothing that was received goes out again");
                    assert.ok(isForgotten || slept, `no session ends by the client's fault: ${reason}`);
                }
            }
            assert.deepEqual(server.faults, []);
        };

        begin();
        const actions = [
            [10, ({ session, up }) => {
                const messages = Array.from({ length: 1 + random() * 20 }, () => make("up "));
                up.push(...messages.map(read));
                for (const message of messages) {
                    session._send([typeof message === "string" ? message : message.buffer], {});
                }
            }],
            [10, ({ server: other }) => other && !other.ended && other.push(...Array.from({ length: 1 + random() * 20 }, () => make("down ")))],
            [3, () => network.connections.length && pick(network.connections).fail(pick(["cut", "client", "server", "stall"]))],
            [1, () => network.fail(pick(["cut", "client", "server", "stall"]))],
            [3, ({ session }) => void (session.id && session._route._switch([...new Set([pick(NAMES), ...NAMES])]))],
            [1, ({ session }) => session._renew()],
            [1, async ({ session }) => {
                session._freeze();
                await clock.advance(random() * 3000);
                session._renew();
            }],
            [1, ({ session }) => session.transport && session._lost(session.transport, "transport close", new Error("offline"))],
            [2, () => (network.walls = { ...network.walls, [pick(NAMES)]: pick(["refused", "silent", 200, 400, 502, 503, undefined]) })],
            [3, () => (network.walls = {})],
            [2, () => clock.advance(random() * 10000)],
            [0.1, () => clock.advance(random() * 120000)],
            [0.1, (run) => {
                run.slept = true;
                clock.sleep(random() * 120000);
            }],
            [0.1, (run) => {
                run.slept = true;
                clock.turn(random() * 120000);
            }],
            [0.3, () => clock.turn(-random() * 3600000)],
            [0.1, ({ server: other }) => other?.end()],
        ];
        const weight = actions.reduce((sum, [each]) => sum + each, 0);
        for (let step = 0; step < STEPS; step++) {
            if (runs.at(-1).ended) {
                begin();
            }
            let chance = random() * weight;
            const [, action] = actions.find(([each]) => (chance -= each) < 0);
            await action(runs.at(-1));
            await clock.advance(random() * 60);
            runs.forEach(check);
        }

        // With the network well again, all that is under way arrives.
        network.walls = {};
        network.repeats = 0;
        const last = runs.at(-1);
        // A stream that stalled before is missed only after the ping timeout, unless the network's return is told.
        const isTold = random() < 0.5;
        if (isTold) {
            last.session._renew();
        }
        const isComplete = () =>
            last.ended || (last.server?.received.length === last.up.length && last.down.length === last.server.sent.length);
        // Sooner than the heartbeat, whose counts would hide that none were sent before.
        assert.ok(await clock.until(isComplete, isTold ? 24000 : 100000), "all of it arrives");
        assert.ok(await clock.until(() => last.ended || !last.session._window._queue.length, 60000), "and is acknowledged");
        runs.forEach(check);
        totals.sessions += runs.length;
        totals.moves += server.moves.length;
        for (const { up, down, session } of runs) {
            totals.up += up.length;
            totals.down += down.length;
            session._end("forced close");
        }
    });
}

test("the simulation got somewhere", () => {
    console.log(`seeds ${first}…${first + count - 1}:`, JSON.stringify(totals));
    assert.ok(totals.up > 500 * count && totals.down > 200 * count && totals.moves > 10 * count);
});
