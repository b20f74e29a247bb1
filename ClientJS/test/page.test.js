// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// What happens to the page, on a manager over the fake network.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Manager } from "../src/index.js";
import { Bench, NAMES } from "./bench.js";

let bench;
let page;
let manager;
let beacons;
let listeners;

beforeEach(() => {
    bench = new Bench();
    page = new EventTarget();
    listeners = 0;
    globalThis.addEventListener = (type, handler, { signal, ...options }) => {
        assert.equal(options.capture, true);
        listeners++;
        signal.addEventListener("abort", () => listeners--);
        page.addEventListener(type, handler, { signal, ...options });
    };
    beacons = [];
    const sendBeacon = (url, body) => beacons.push([new URL(url).searchParams, body]);
    // Later versions of Node have a navigator, which cannot be replaced by assigning.
    Object.defineProperty(globalThis, "navigator", { configurable: true, value: { sendBeacon } });
});

afterEach(async () => {
    manager.close();
    delete globalThis.addEventListener;
    assert.deepEqual(bench.server.faults, []);
    await bench.stop();
});

const tell = (type, fields = {}) => page.dispatchEvent(Object.assign(new Event(type), fields));

async function open(options = {}) {
    manager = new Manager("http://model.example", { transports: NAMES, ...options });
    await bench.until(() => manager.transport);
    // Long enough for its transport to count as steady.
    await bench.clock.advance(11000);
    bench.network.requests.length = 0;
    return manager.engine;
}

const attaches = () => bench.network.requests.filter(({ attach }) => attach).length;

for (const [what, events] of [
    ["the network is back", [["online"]]],
    ["the page comes back from the cache for the way back", [["pagehide", { persisted: true }], ["pageshow", { persisted: true }]]],
    ["the page was frozen", [["freeze"], ["resume"]]],
]) {
    test(`${what}: a session attaches anew at once`, async () => {
        const session = await open();
        for (const event of events) {
            tell(...event);
        }
        await bench.until(() => attaches() === 1 && manager.transport && !session._search, 200);
        await bench.clock.advance(200);
        assert.equal(manager.engine, session);
        assert.equal(manager.transport, "websocket");
    });
}

test("a page that is shown for the first time attaches nothing", async () => {
    await open();
    tell("pageshow", { persisted: false });
    await bench.clock.advance(200);
    assert.deepEqual(bench.network.requests, []);
});

test("a frozen page has no connection, and said no goodbye", async () => {
    await open();
    const { other } = bench;
    tell("freeze");
    await bench.clock.advance(20000);
    assert.deepEqual(bench.network.connections, []);
    assert.deepEqual([bench.network.requests, other.controls, beacons], [[], [], []]);
    assert.equal(manager.transport, undefined);
    tell("resume");
    await bench.until(() => manager.transport, 200);
});

test("a page that is put to sleep is hidden afterwards, and sleeps on", async () => {
    const session = await open();
    tell("pagehide", { persisted: true });
    page.hidden = true;
    tell("visibilitychange");
    await bench.clock.advance(20000);
    assert.deepEqual([bench.network.connections, bench.network.requests], [[], []]);
    page.hidden = false;
    tell("visibilitychange");
    await bench.until(() => manager.transport, 200);
    assert.equal(manager.engine, session);
});

test("a plain session is left alone by all that, and ends offline", async () => {
    bench.server.grants = false;
    const session = await open();
    for (const event of ["freeze", "resume", "online", "visibilitychange"]) {
        tell(event);
    }
    await bench.clock.advance(100);
    assert.equal(manager.engine, session);
    assert.equal(manager.transport, "websocket");
    tell("offline");
    assert.equal(manager.engine, undefined);
});

test("offline loses the transport, and online finds one without a pause", async () => {
    const session = await open();
    bench.network.walls = Object.fromEntries(NAMES.map((name) => [name, "refused"]));
    bench.network.fail("stall");
    tell("offline");
    assert.equal(manager.transport, undefined);
    await bench.clock.advance(15000);
    bench.network.walls = {};
    tell("online");
    await bench.until(() => manager.transport === "websocket", 200);
    assert.equal(manager.engine, session);
});

test("online ends the pause before a reconnection", async () => {
    bench.network.walls = Object.fromEntries(NAMES.map((name) => [name, "refused"]));
    manager = new Manager("http://model.example", { transports: NAMES, reconnectionDelay: 60000, reconnectionDelayMax: 60000 });
    await bench.clock.advance(500);
    assert.equal(manager.engine, undefined);
    bench.network.walls = {};
    tell("online");
    await bench.until(() => manager.transport, 200);
});

describe("after a sleep", () => {
    test("a page that is looked at again finds the deadline passed, and attaches", async () => {
        const session = await open();
        bench.network.fail("stall");
        bench.clock.sleep(60000);
        tell("visibilitychange");
        await bench.until(() => manager.transport, 200);
        assert.equal(manager.engine, session);
        assert.equal(attaches(), 1);
    });

    test("the clock is looked at by itself, a few seconds later", async () => {
        const session = await open();
        bench.network.fail("stall");
        bench.clock.sleep(46000);
        await bench.until(() => attaches() === 1 && manager.transport, 5500);
        assert.equal(manager.engine, session);
    });
});

describe("a page that goes away for good", () => {
    test("says goodbye on its WebSocket", async () => {
        await open();
        const { other } = bench;
        tell("pagehide", { persisted: false });
        await bench.until(() => !bench.server.sessions.size, 100);
        assert.deepEqual(other.controls, ["1"]);
    });

    for (const name of ["sse", "polling"]) {
        test(`says goodbye by a beacon over ${name}`, async () => {
            const session = await open({ transports: [name] });
            tell("pagehide", { persisted: false });
            const [[params, body]] = beacons;
            assert.equal(body, "1");
            assert.deepEqual(
                ["transport", "sid", "seq", "ack"].map((key) => params.get(key)),
                [name, session.id, "1", "0"]
            );
        });

        test(`says goodbye by a beacon over ${name}, too, when the browser has closed its connections before`, async () => {
            const session = await open({ transports: [name] });
            bench.network.walls = { [name]: "refused" };
            bench.network.fail("cut");
            await bench.until(() => !manager.transport, 100);
            tell("pagehide", { persisted: false });
            assert.deepEqual(
                beacons.map(([params, body]) => [params.get("transport"), params.get("sid"), body]),
                [[name, session.id, "1"]]
            );
        });
    }

    test("says nothing on a WebSocket that the browser has closed before", async () => {
        await open();
        const { other } = bench;
        bench.network.walls = { websocket: "refused", sse: "refused", polling: "refused" };
        bench.network.fail("cut");
        await bench.until(() => !manager.transport, 100);
        tell("pagehide", { persisted: false });
        await bench.clock.advance(100);
        assert.deepEqual([other.controls, beacons], [[], []]);
    });
});

test("a manager that is closed listens to nothing", async () => {
    await open();
    assert.equal(listeners, 7);
    manager.close();
    assert.equal(listeners, 0);
    manager.open();
    assert.equal(listeners, 7);
});
