// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The rules of PROTOCOL.md section 4, one by one, from the client's side.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Bench, NAMES } from "./bench.js";

let bench;

beforeEach(() => {
    bench = new Bench();
});

afterEach(async () => {
    assert.deepEqual(bench.server.faults, []);
    await bench.stop();
});

const many = (count, size = 1) => Array.from({ length: count }, (_, i) => String(i).padEnd(size, "x"));

describe("a session that is not granted", () => {
    for (const name of NAMES) {
        test(`over ${name} is plain Engine.IO, and ends with its transport`, async () => {
            bench.server.grants = false;
            const session = await bench.open([name]);
            session._send(["a", "b"]);
            bench.other.push("c");
            await bench.until(() => bench.received.length && bench.other.received.length === 2);
            for (const request of bench.requests({ method: "GET" }).concat(bench.requests({ method: "POST" }))) {
                assert.deepEqual([request.ack, request.seq, request.attach], [undefined, undefined, undefined]);
            }
            assert.equal(session._window._queue.length, 0);
            bench.network.fail();
            await bench.until(() => bench.events.length);
            assert.equal(bench.events[0][0], "close");
        });
    }
});

for (const name of NAMES) {
    describe(`a lossless session over ${name}`, () => {
        test("keeps what it sent until that is acknowledged", async () => {
            const session = await bench.open([name]);
            bench.server.acknowledges = false;
            session._send(["a", "b"]);
            await bench.until(() => bench.other.received.length === 2);
            await bench.clock.advance(100);
            // The answer to a POST acknowledges; a WebSocket waits for a count.
            assert.equal(session._window._queue.length, name === "websocket" ? 2 : 0);
            bench.server.acknowledges = true;
            await bench.until(() => !session._window._queue.length, 30000);
        });

        test("answers a ping with its count", async () => {
            await bench.open([name]);
            bench.other.push("a", "b", "c");
            await bench.until(() => bench.other.controls.includes("33"), 30000);
        });

        test("acknowledges 64 messages before any ping", async () => {
            await bench.open([name]);
            const { other } = bench;
            other.push(...many(70));
            await bench.until(() => bench.received.length === 70);
            // Polling does so with the next GET, and needs no POST.
            await bench.until(() => (name === "polling" ? bench.requests({ ack: "70" }) : other.controls).length);
            const expected = { websocket: ["664"], sse: ["670"], polling: [] }[name];
            assert.deepEqual(other.controls.map((control) => (name === "sse" ? "670" : control)), expected);
        });

        test("acknowledges a quarter of the buffer", async () => {
            bench.server.buffer = 1000;
            await bench.open([name]);
            bench.other.push(...many(12, 200));
            await bench.until(() => bench.received.length === 12);
        });

        test("pauses when the buffer is full, and drops volatile events then", async () => {
            bench.server.buffer = 1000;
            bench.server.acknowledges = false;
            const session = await bench.open([name]);
            bench.network.walls = name === "websocket" ? {} : { [name]: "silent" };
            session._send(many(50, 100));
            await bench.clock.advance(1000);
            assert.equal(session._window._handed, 10);
            assert.equal(session._idle, false);
        });

        test("is taken up again on the same stream's successor, without loss", async () => {
            const session = await bench.open([name]);
            const sent = many(20);
            session._send(sent.slice(0, 10));
            bench.other.push(...sent.slice(0, 10));
            await bench.clock.advance(10);
            bench.network.fail();
            session._send(sent.slice(10));
            bench.other.push(...sent.slice(10));
            await bench.until(() => bench.received.length === 20 && bench.other.received.length === 20, 3000);
            assert.deepEqual([bench.received, bench.other.received], [sent, sent]);
            assert.deepEqual(bench.events.filter(([event]) => event === "close"), []);
        });

        test("is over when an attach learns that the server does not know it", async () => {
            const session = await bench.open([name]);
            session._send(["lost"]);
            await bench.clock.advance(100);
            bench.server.sessions.clear();
            bench.network.fail();
            await bench.until(() => bench.events.some(([event]) => event === "close"), 3000);
            const reason = bench.events.at(-1)[1];
            assert.equal(reason, name === "websocket" ? "transport close" : "transport error");
            assert.equal(bench.requests({ attach: "1" }).length, 1);
            assert.deepEqual(session._window._recall(), []);
        });

        test("outlives what proxies say", async () => {
            const session = await bench.open([name]);
            for (const status of [502, 503, 504, 400, 200]) {
                bench.network.walls = { [name]: status };
                bench.network.fail();
                await bench.clock.advance(3000);
                bench.network.walls = {};
                await bench.until(() => session.transport, 20000);
            }
            session._send(["a"]);
            await bench.until(() => bench.other.received.length);
            assert.equal(bench.server.sessions.size, 1);
        });

        test("takes text in base64 where HTTP cannot carry it", async () => {
            await bench.open([name]);
            bench.other.push("a\rb", "c\x1ed", "\ufeff\r");
            await bench.until(() => bench.received.length === 3);
            assert.deepEqual(bench.received, ["a\rb", "c\x1ed", "\ufeff\r"]);
        });

        test("ends by its goodbye, after all that was sent", async () => {
            const session = await bench.open([name]);
            const { other } = bench;
            session._send(["a"]);
            session._close();
            await bench.until(() => bench.events.some(([event]) => event === "close"));
            await bench.until(() => !bench.server.sessions.size);
            assert.deepEqual([other.received, other.controls], [["a"], ["1"]]);
        });

        test("that is closed without a transport attaches once more to say so", async () => {
            const session = await bench.open([name]);
            const { other } = bench;
            session._freeze();
            session._send(["a"]);
            session._close();
            await bench.until(() => !bench.server.sessions.size);
            assert.deepEqual([other.received, other.controls], [["a"], ["1"]]);
        });
    });
}

describe("POSTs", () => {
    test("begin at the first message that is not acknowledged, and say its number", async () => {
        const session = await bench.open(["polling"]);
        session._send(["a", "b"]);
        await bench.until(() => bench.other.received.length === 2);
        await bench.clock.advance(100);
        session._send(["c"]);
        await bench.until(() => bench.other.received.length === 3);
        assert.deepEqual(bench.requests({ method: "POST" }).map(({ seq, sid }) => [seq, sid]), [["1", session.id], ["3", session.id]]);
    });

    test("that are answered with anything but ok are not done", async () => {
        const session = await bench.open(["sse"]);
        bench.network.walls = { sse: 200 };
        session._send(["a"]);
        await bench.clock.advance(200);
        assert.equal(session._window._queue.length, 1);
        bench.network.walls = {};
        await bench.until(() => bench.other.received.length, 20000);
        assert.equal(bench.other.received.length, 1);
    });

    test("that are too large end the session: they would be refused for ever", async () => {
        const session = await bench.open(["sse"]);
        bench.network.walls = { sse: 413 };
        session._send(["a"]);
        await bench.until(() => bench.events.length);
        assert.equal(bench.events[0][0], "close");
        assert.equal(bench.events[0][2].status, 413);
    });
});

describe("an attach", () => {
    for (const from of NAMES) {
        for (const to of NAMES) {
            test(`from ${from} to ${to} under load loses nothing, and is no loss`, async () => {
                const session = await bench.open([from, ...NAMES]);
                session._route._names = NAMES;
                const sent = many(300);
                for (let i = 0; i < 300; i += 10) {
                    session._send(sent.slice(i, i + 10));
                    bench.other.push(...sent.slice(i, i + 10));
                    if (i === 100) {
                        session._route._attach([to]);
                    }
                    await bench.clock.advance(3);
                }
                await bench.until(() => bench.received.length === 300 && bench.other.received.length === 300);
                assert.deepEqual([bench.received, bench.other.received], [sent, sent]);
                assert.deepEqual(bench.events, [["transport", to]]);
                assert.equal(session.transport.name, to);
                assert.equal(bench.requests({ attach: "1" }).length, 1);
            });
        }
    }

    test("is asked for with ever higher numbers, and what was received", async () => {
        const session = await bench.open();
        bench.other.push("a", "b");
        await bench.until(() => bench.received.length === 2);
        for (const name of ["sse", "polling", "websocket"]) {
            await Promise.all([session._route._switch([name]), bench.clock.advance(200)]);
        }
        assert.deepEqual(
            bench.network.requests.filter(({ attach }) => attach).map(({ transport, attach, ack }) => [transport, attach, ack]),
            [["sse", "1", "2"], ["polling", "2", "2"], ["websocket", "3", "2"]]
        );
    });

    test("under way caps what the old transport acknowledges", async () => {
        const session = await bench.open();
        bench.other.push("a");
        await bench.until(() => bench.received.length === 1);
        await bench.clock.advance(23000);
        bench.network.walls = { sse: "silent" };
        session._route._attach(["sse"]);
        bench.other.push(...many(100));
        await bench.until(() => bench.other.controls.length, 3500);
        assert.equal(bench.received.length, 101);
        assert.deepEqual(bench.other.controls, ["31"]);
        await bench.until(() => !session._route._search, 4000);
        session._send(["x"]);
        await bench.until(() => bench.other.controls.includes("6101"));
    });

    test("under way keeps polling from asking for the same again and again", async () => {
        const session = await bench.open(["polling"]);
        bench.network.walls = { sse: "silent" };
        session._route._attach(["sse"]);
        bench.other.push("a");
        await bench.clock.advance(3500);
        assert.deepEqual(bench.received, ["a"]);
        // It had asked before, and that was answered.
        assert.equal(bench.requests({ method: "GET", transport: "polling" }).length, 0);
        bench.other.push("b");
        await bench.until(() => bench.received.length === 2, 2000);
    });

    test("that fails leaves the old transport in use", async () => {
        const session = await bench.open();
        bench.network.walls = { sse: "refused" };
        await Promise.all([session._route._switch(["sse"]), bench.clock.advance(100)]);
        assert.equal(session.transport.name, "websocket");
        session._send(["a"]);
        await bench.until(() => bench.other.received.length);
        assert.deepEqual(bench.events, []);
    });

    for (const wall of ["silent", undefined]) {
        test(`under way puts off the goodbye, whether it succeeds or not (${wall ?? "open"})`, async () => {
            const session = await bench.open();
            const { other } = bench;
            bench.network.walls = { sse: wall };
            session._route._attach(["sse"]);
            session._send(["a"]);
            session._close();
            await bench.until(() => !bench.server.sessions.size, 5000);
            assert.deepEqual([other.received, other.controls], [["a"], ["1"]]);
            assert.equal(other.transport, wall ? "websocket" : "sse");
        });
    }

    test("that was given up is not listened to again", async () => {
        const session = await bench.open();
        bench.network.walls = { sse: "silent" };
        const { EventSource } = globalThis;
        const opened = [];
        globalThis.EventSource = class extends EventSource {
            constructor(url) {
                super(url);
                opened.push(this);
            }
        };
        session._route._attach(["sse"]);
        await bench.clock.advance(100);
        bench.network.walls = {};
        await Promise.all([session._route._switch(["polling"]), bench.clock.advance(200)]);
        const { id } = session;
        const open = { sid: id, pingInterval: 1, pingTimeout: 1, maxPayload: 1, ack: 0, from: 0 };
        opened[0].onmessage({ data: "0" + JSON.stringify(open) });
        opened[0].onmessage({ data: "4late" });
        opened[0].onerror({});
        await bench.clock.advance(200);
        assert.equal(session.transport.name, "polling");
        assert.deepEqual(bench.received, []);
    });

    test("amid an attach takes its place", async () => {
        const session = await bench.open();
        for (const name of ["sse", "polling", "websocket", "sse", "polling"]) {
            session._route._attach([name]);
            session._send([name]);
            bench.other.push(name);
            await bench.clock.advance(7);
        }
        await bench.until(() => session.transport?.name === "polling" && !session._route._search);
        await bench.until(() => bench.received.length === 5 && bench.other.received.length === 5);
        assert.deepEqual(bench.received, bench.other.received);
    });

    for (const [what, change] of [
        ["begins after what the client has", (open) => (open.from = 7)],
        ["has more than was sent", (open) => (open.ack = 7)],
    ]) {
        test(`whose answer ${what} breaks the session`, async () => {
            await bench.open();
            bench.server.onopen = change;
            bench.network.fail();
            await bench.until(() => bench.events.some(([event]) => event === "close"));
            assert.equal(bench.events.at(-1)[1], "parse error");
        });
    }

    test("more acknowledged than was sent is a parse error", async () => {
        const session = await bench.open();
        session._received(session.transport, ["61"]);
        assert.deepEqual(bench.events[0].slice(0, 2), ["close", "parse error"]);
    });
});

describe("a transport that is lost", () => {
    test("soon after it came into use is passed over, at once", async () => {
        const session = await bench.open();
        bench.network.fail();
        await bench.until(() => session.transport?.name === "sse", 200);
    });

    test("after it was steady is tried again first", async () => {
        const session = await bench.open();
        await bench.clock.advance(11000);
        bench.network.fail();
        await bench.until(() => session.transport?._socket && bench.events.length === 2, 200);
        assert.deepEqual(bench.events, [["transport"], ["transport", "websocket"]]);
    });

    test("by its silence is passed over", async () => {
        const session = await bench.open();
        bench.network.fail("stall");
        await bench.until(() => session.transport?.name === "sse", 46000);
        assert.deepEqual(bench.events, [["transport"], ["transport", "sse"]]);
    });

    test("falls through what is blocked or held back, down to polling", async () => {
        const session = await bench.open();
        bench.network.walls = { websocket: "refused", sse: "silent" };
        bench.network.fail();
        await bench.until(() => session.transport?.name === "polling", 5000);
    });

    test("again and again is looked for with growing pauses, not in a storm", async () => {
        const session = await bench.open();
        bench.network.walls = Object.fromEntries(NAMES.map((name) => [name, "refused"]));
        bench.network.fail();
        await bench.clock.advance(20000);
        const attempts = bench.requests().length;
        assert.ok(attempts >= 9 && attempts <= 40, `${attempts} attempts`);
        assert.equal(session._ended, false);
        bench.network.walls = {};
        await bench.until(() => session.transport, 6000);
    });

    test("for good ends the session once, with the reason of the loss, when the server must have forgotten it", async () => {
        const session = await bench.open();
        session._send(["handed"]);
        await bench.clock.advance(100);
        bench.network.walls = Object.fromEntries(NAMES.map((name) => [name, "refused"]));
        bench.network.fail();
        await bench.until(() => !session.transport);
        session._send(["unsent"], { mine: true });
        await bench.clock.advance(74000);
        assert.deepEqual(bench.events, [["transport"]]);
        await bench.clock.advance(10000);
        assert.equal(bench.events.length, 2);
        assert.deepEqual(bench.events[1].slice(0, 2), ["close", "transport close"]);
        assert.deepEqual(session._window._recall(), [{ mine: true }]);
        assert.equal(bench.server.sessions.size, 0);
    });
});

describe("climbing", () => {
    const probes = () => bench.requests({ probe: "1" });

    test("is tried by a probe, and attaches when that was answered", async () => {
        bench.network.walls = { websocket: "refused" };
        const session = await bench.open();
        assert.equal(session.transport.name, "sse");
        // The first comes within 5 s ± 50 %, the second at least 5 s after it.
        await bench.clock.advance(7500);
        assert.deepEqual(probes().map(({ transport, sid }) => [transport, sid]), [["websocket", undefined]]);
        assert.equal(bench.requests({ attach: "1" }).length, 0);
        bench.network.walls = {};
        const upgrades = [];
        session.on("upgrade", (transport) => upgrades.push(transport.name));
        await bench.until(() => session.transport?.name === "websocket", 16000);
        assert.deepEqual(bench.events, [["transport", "websocket"]]);
        assert.deepEqual(upgrades, ["websocket"]);
    });

    test("is not done to a transport that opens and stays silent", async () => {
        bench.network.walls = { websocket: "refused" };
        const session = await bench.open();
        bench.network.walls = { websocket: "silent" };
        await bench.clock.advance(60000);
        assert.ok(probes().length >= 2);
        assert.equal(bench.requests({ attach: "1" }).length, 0);
        assert.equal(session.transport.name, "sse");
    });

    test("is tried ever more seldom", async () => {
        bench.network.walls = { websocket: "refused" };
        await bench.open();
        await bench.clock.advance(600000);
        assert.ok(probes().length >= 5 && probes().length <= 10, `${probes().length} probes`);
    });

    test("does not happen above what was chosen by hand", async () => {
        const session = await bench.open();
        await Promise.all([session._route._switch(["sse", "websocket", "polling"]), bench.clock.advance(100)]);
        await bench.clock.advance(60000);
        assert.deepEqual(probes(), []);
        assert.equal(session.transport.name, "sse");
    });

    test("does not happen where the page does not want it; a lost transport is replaced all the same", async () => {
        bench.network.walls = { websocket: "refused" };
        const session = await bench.open(undefined, { upgrade: false });
        bench.network.walls = {};
        await bench.clock.advance(600000);
        assert.deepEqual([probes(), session.transport.name], [[], "sse"]);
        bench.network.walls = { sse: "refused" };
        bench.network.fail();
        await bench.until(() => session.transport && session.transport.name !== "sse", 60000);
    });

    test("does not happen in a plain session", async () => {
        bench.server.grants = false;
        bench.network.walls = { websocket: "refused" };
        await bench.open();
        bench.network.walls = {};
        await bench.clock.advance(20000);
        assert.deepEqual(probes(), []);
    });
});
