// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// What each call does in each state: of a socket, and of its manager. A cell is all that happens from the call on, with
// the network well, and "…" where more than half a second passes; `same` is what happens without the call.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Manager } from "../src/index.js";
import { Bench, NAMES } from "./bench.js";

const same = Symbol("what happens without the call");

const CALLS = {
    connect: [({ socket }) => socket.connect(), ({ socket }) => socket.open()],
    disconnect: [({ socket }) => socket.disconnect(), ({ socket }) => socket.close()],
    open: [({ manager }) => manager.open(), ({ manager }) => manager.connect()],
    close: [({ manager }) => manager.close(), ({ manager }) => manager.disconnect()],
};

const BEGINS = "handshake, open, connect";
const RETRIES = "reconnect_attempt 1, handshake, open, reconnect, connect";
const LEAVES = "close, disconnect: io client disconnect";
const CLOSES = "disconnect: forced close, close";

const dark = { websocket: "refused", sse: "refused", polling: "refused" };

/** A world in which `to` leads to the state; `options` are the manager's. */
const STATES = {
    "never connected": {
        options: { autoConnect: false },
        to: async () => {},
        active: false,
        cells: { none: "", connect: BEGINS, disconnect: same, open: "handshake, open", close: same },
    },
    "the first attempt under way": {
        to: async (world) => (world.bench.network.walls = { websocket: "silent" }),
        active: true,
        cells: { none: "open, connect", connect: same, disconnect: "", open: same, close: "" },
    },
    "the first attempt has failed, without reconnection": {
        options: { reconnection: false },
        to: (world) => world.fails("connect_error"),
        active: false,
        cells: { none: "", connect: BEGINS, disconnect: same, open: BEGINS, close: same },
    },
    "an attempt with a callback has failed": {
        options: { autoConnect: false },
        to: async (world) => {
            world.bench.network.walls = dark;
            let error;
            world.manager.open((outcome) => (error = outcome));
            world.socket.connect();
            await world.bench.until(() => error);
        },
        active: false,
        cells: { none: "", connect: BEGINS, disconnect: same, open: BEGINS, close: same },
    },
    "the connection was lost, without reconnection": {
        options: { reconnection: false },
        to: (world) => world.loses(),
        active: false,
        cells: { none: "", connect: BEGINS, disconnect: same, open: BEGINS, close: same },
    },
    "waiting for a reconnection": {
        to: (world) => world.loses(),
        active: true,
        cells: { none: `…, ${RETRIES}`, connect: same, disconnect: "", open: RETRIES, close: "" },
    },
    "waiting after the first attempt has failed": {
        to: (world) => world.fails("connect_error"),
        active: true,
        cells: { none: `…, ${RETRIES}`, connect: same, disconnect: "", open: RETRIES, close: "" },
    },
    "waiting after engine.close()": {
        to: async (world) => {
            await world.joins();
            world.manager.engine.close();
            await world.bench.clock.advance(100);
        },
        active: true,
        cells: { none: `…, ${RETRIES}`, connect: same, disconnect: "", open: RETRIES, close: "" },
    },
    "reconnection(false) while waiting": {
        to: async (world) => {
            await world.loses();
            world.manager.reconnection(false);
        },
        active: false,
        cells: { none: "", connect: BEGINS, disconnect: same, open: BEGINS, close: same },
    },
    "an attempt to reconnect under way": {
        to: async (world) => {
            await world.loses();
            world.bench.network.walls = { websocket: "silent" };
            await world.bench.clock.advance(1000);
        },
        active: true,
        cells: { none: "open, reconnect, connect", connect: same, disconnect: "", open: same, close: "" },
    },
    "given up, after reconnectionAttempts": {
        options: { reconnectionAttempts: 2 },
        to: (world) => world.fails("reconnect_failed"),
        active: false,
        cells: { none: "", connect: BEGINS, disconnect: same, open: BEGINS, close: same },
    },
    "the namespace is not answered yet": {
        to: async (world) => {
            world.answerAfter = 900;
            await world.bench.until(() => world.greetings);
        },
        active: true,
        cells: { none: "…, connect", connect: same, disconnect: "close", open: same, close: "close" },
    },
    "connected": {
        to: (world) => world.joins(),
        active: true,
        cells: { none: "", connect: same, disconnect: LEAVES, open: same, close: CLOSES },
    },
    "connected, and the transport lost": {
        to: async (world) => {
            await world.joins();
            world.bench.network.walls = dark;
            world.bench.network.fail();
            // All of them have been tried, and the next round is waited for.
            await world.bench.clock.advance(500);
        },
        active: true,
        // A goodbye needs a transport, too.
        cells: { none: "…, attach", connect: same, disconnect: `attach, ${LEAVES}`, open: same, close: `attach, ${CLOSES}` },
    },
    "left by the page": {
        to: async (world) => {
            await world.joins();
            world.socket.disconnect();
            await world.bench.clock.advance(100);
        },
        active: false,
        cells: { none: "", connect: BEGINS, disconnect: same, open: "handshake, open", close: same },
    },
    "closed by the server": {
        to: async (world) => {
            await world.joins();
            world.bench.other.push("1");
            await world.bench.until(() => !world.manager.engine);
            await world.bench.clock.advance(100);
        },
        active: false,
        cells: { none: "", connect: BEGINS, disconnect: same, open: "handshake, open", close: same },
    },
    "closed by the server, beside another namespace": {
        to: async (world) => {
            await world.joins("/other");
            world.bench.other.push("1");
            await world.bench.until(() => !world.socket.active);
        },
        active: false,
        cells: { none: "", connect: "connect", disconnect: same, open: same, close: "close" },
    },
    "refused by the server": {
        to: async (world) => {
            world.refusals = 1;
            await world.bench.until(() => !world.socket.active);
            await world.bench.clock.advance(100);
        },
        active: false,
        cells: { none: "", connect: BEGINS, disconnect: same, open: "handshake, open", close: same },
    },
    "refused by the server, beside another namespace": {
        to: async (world) => {
            world.manager.socket("/other");
            world.refusals = 1;
            await world.bench.until(() => !world.socket.active);
        },
        active: false,
        cells: { none: "", connect: "connect", disconnect: same, open: same, close: "close" },
    },
    "left before the answer, beside another namespace": {
        to: async (world) => {
            world.manager.socket("/other");
            world.answerAfter = 200;
            await world.bench.until(() => world.greetings);
            world.socket.disconnect();
        },
        active: false,
        cells: { none: "", connect: "connect", disconnect: same, open: same, close: "close" },
    },
    "closed by manager.close()": {
        to: async (world) => {
            await world.joins();
            world.manager.close();
            await world.bench.clock.advance(100);
        },
        active: false,
        cells: { none: "", connect: BEGINS, disconnect: same, open: BEGINS, close: same },
    },
};

class World {
    bench = new Bench();
    log = [];
    /** How many times the server was greeted by the main namespace. */
    greetings = 0;
    refusals = 0;
    answerAfter = 0;

    constructor(options) {
        const { bench } = this;
        globalThis.localStorage = {};
        bench.server.onsession = (session) => {
            session.onmessage = (data) => {
                const [, nsp] = /^0(\/[^,]*,)?/.exec(data) ?? [];
                if (nsp) {
                    session.push(`0${nsp}{"sid":"other"}`);
                } else if (/^0/.test(data)) {
                    const answer = this.refusals-- > 0 ? '4{"message":"no"}' : `0{"sid":"${++this.greetings}"}`;
                    if (this.answerAfter) {
                        setTimeout(() => session.push(answer), this.answerAfter);
                    } else {
                        session.push(answer);
                    }
                }
            };
        };
        this.manager = new Manager("http://model.example", {
            ...{ transports: NAMES, rememberTransport: false, reconnectionDelay: 1000, randomizationFactor: 0 },
            ...options,
        });
        this.socket = this.manager.socket("/");
    }

    /** Connected, on the first attempt. */
    async joins(...others) {
        others.forEach((nsp) => this.manager.socket(nsp));
        await this.bench.until(() => this.socket.connected);
        await this.bench.clock.advance(100);
    }

    /** Connected, and then without a session. */
    async loses() {
        this.bench.server.grants = false;
        await this.joins();
        this.bench.network.fail();
        await this.bench.until(() => !this.manager.engine);
    }

    /** Not connected, since the network is down. */
    async fails(event) {
        this.bench.network.walls = dark;
        let isThere = false;
        (event === "connect_error" ? this.socket : this.manager).once(event, () => (isThere = true));
        await this.bench.until(() => isThere, 10000);
    }

    note(entry) {
        const { now } = performance;
        this.log.push(now() - this.last > 500 ? `…, ${entry}` : entry);
        this.last = now();
    }

    async stop() {
        this.manager.close();
        await this.bench.stop();
        delete globalThis.localStorage;
        assert.deepEqual(this.bench.server.faults, []);
    }
}

/** All that happens from the call on, and whether it is `active` before. */
async function happens({ options = {}, to }, call) {
    const world = new World(options);
    const { bench, socket, manager } = world;
    try {
        await to(world);
        const { active } = socket;
        bench.network.walls = {};
        world.last = performance.now();
        const { stream } = bench.network;
        bench.network.stream = (url, page) => {
            const params = new URL(url).searchParams;
            if (!params.has("probe")) {
                world.note(params.has("attach") ? "attach" : "handshake");
            }
            return stream.call(bench.network, url, page);
        };
        for (const event of ["open", "close", "reconnect_attempt", "reconnect", "reconnect_failed"]) {
            manager.on(event, (n) => world.note(event === "reconnect_attempt" ? `${event} ${n}` : event));
        }
        socket.on("connect", () => world.note("connect"));
        socket.on("connect_error", (error) => world.note(error.message));
        socket.on("disconnect", (reason) => world.note(`disconnect: ${reason}`));
        call(world);
        await bench.clock.advance(20000);
        assert.equal(socket.active, socket.connected, "in the end it is active or needs a call");
        return { active, log: world.log.join(", ") };
    } finally {
        await world.stop();
    }
}

for (const [state, row] of Object.entries(STATES)) {
    describe(state, () => {
        let untouched;

        test(`it is ${row.active ? "" : "not "}active`, async () => {
            untouched = await happens(row, () => {});
            assert.deepEqual(untouched, { active: row.active, log: row.cells.none });
        });

        for (const [name, calls] of Object.entries(CALLS)) {
            const expected = row.cells[name];
            test(`${name}: ${expected === same ? "changes nothing" : expected || "ends that"}`, async () => {
                for (const call of calls) {
                    assert.equal((await happens(row, call)).log, expected === same ? untouched.log : expected);
                }
            });
        }
    });
}

describe("a listener hears whether the socket is active", () => {
    for (const [event, options, expected] of [
        ["connect_error", {}, [true, true, true]],
        ["connect_error", { reconnectionAttempts: 2 }, [true, true, false]],
        ["connect_error", { reconnection: false }, [false]],
    ]) {
        test(`of ${event}, with ${JSON.stringify(options)}`, async () => {
            const world = new World(options);
            world.bench.network.walls = dark;
            const heard = [];
            world.socket.on(event, () => heard.push(world.socket.active));
            await world.bench.clock.advance(4000);
            await world.stop();
            assert.deepEqual(heard, expected);
        });
    }

    for (const [what, options, act, expected] of [
        ["a loss", {}, ({ bench }) => bench.network.fail(), true],
        ["a loss without reconnection", { reconnection: false }, ({ bench }) => bench.network.fail(), false],
        ["engine.close()", {}, ({ manager }) => manager.engine.close(), true],
        ["manager.close()", {}, ({ manager }) => manager.close(), false],
        ["disconnect()", {}, ({ socket }) => socket.disconnect(), false],
        ["the server's disconnect", {}, ({ bench }) => bench.other.push("1"), false],
    ]) {
        test(`of disconnect, by ${what}`, async () => {
            const world = new World(options);
            world.bench.server.grants = false;
            await world.joins();
            const heard = [];
            world.socket.on("disconnect", () => heard.push(world.socket.active));
            act(world);
            await world.bench.clock.advance(200);
            await world.stop();
            assert.deepEqual(heard, [expected]);
        });
    }
});

describe("attempts to reconnect", () => {
    /** Each attempt's number and the seconds before it, with the network down and `during` called at each failure. */
    async function attempts(options, seconds, during) {
        const world = new World({ reconnectionDelayMax: 60000, ...options });
        const { bench, manager } = world;
        bench.network.walls = dark;
        const heard = [];
        world.last = performance.now();
        for (const event of ["reconnect_attempt", "reconnect_failed"]) {
            manager.on(event, (n) => {
                heard.push(`${n ?? "failed"} after ${Math.round((performance.now() - world.last) / 1000)}`);
                world.last = performance.now();
            });
        }
        manager.on("error", () => setTimeout(() => during(world), 500));
        await bench.clock.advance(seconds * 1000);
        await world.stop();
        return heard;
    }

    test("double their distance", async () => {
        assert.deepEqual(await attempts({}, 20, () => {}), ["1 after 1", "2 after 2", "3 after 4", "4 after 8"]);
    });

    test("are one, however often the manager is opened while the next is waited for", async () => {
        let calls = 0;
        const heard = await attempts({ reconnectionDelay: 2000 }, 15, ({ manager }) => calls++ || manager.open().open().open().open());
        // The first as soon as it was called; and from there on as ever.
        assert.deepEqual(heard, ["1 after 1", "2 after 4", "3 after 8"]);
    });

    test("leave it at the pause when a socket asks", async () => {
        const heard = await attempts({}, 8, ({ socket }) => socket.connect().connect());
        assert.deepEqual(heard, ["1 after 1", "2 after 2", "3 after 4"]);
    });

    test("begin anew when they were given up, and are given up anew", async () => {
        let calls = 0;
        const heard = await attempts({ reconnectionAttempts: 2 }, 20, ({ socket }) => socket.active || ++calls > 1 || socket.connect());
        const round = ["1 after 1", "2 after 2", "failed after 0"];
        assert.deepEqual(heard, [...round, "1 after 2", ...round.slice(1)]);
    });

    test("take the delays as they are set in between", async () => {
        const heard = await attempts({}, 10, ({ manager }) => manager.reconnectionDelay(2000));
        assert.deepEqual(heard, ["1 after 1", "2 after 4"]);
    });

    for (const [when, turnOff] of [
        ["during the pause", (manager) => manager.reconnection(false)],
        ["during the pause, in the options alone", (manager) => (manager.opts.reconnection = false)],
        ["during an attempt", (manager) => manager.reconnection(false)],
    ]) {
        test(`end when they are turned off ${when}, and a call begins`, async () => {
            const world = new World({});
            const { bench, manager, socket } = world;
            bench.network.walls = dark;
            const heard = [];
            manager.on("reconnect_attempt", (n) => heard.push(n));
            const isDuring = when === "during an attempt";
            await bench.until(() => heard.length && !!manager.engine === isDuring, 2000);
            turnOff(manager);
            await bench.clock.advance(10000);
            assert.deepEqual([heard, manager.engine, socket.active], [[1], undefined, false]);
            bench.network.walls = {};
            socket.connect();
            await bench.until(() => socket.connected);
            await world.stop();
        });
    }

    for (const [what, listener] of [
        ["closes", (manager) => manager.close()],
        ["closes and opens", (manager) => manager.close() || manager.open()],
        ["opens", (manager) => manager.open()],
        ["ends the session", (manager) => manager.engine.close()],
    ]) {
        test(`outlive a listener that ${what}`, async () => {
            const world = new World({ reconnectionAttempts: 3 });
            await world.loses();
            world.manager.once("reconnect_attempt", () => listener(world.manager));
            await world.bench.clock.advance(20000);
            assert.equal(world.socket.connected, what !== "closes");
            assert.equal(world.bench.server.sessions.size, what === "closes" ? 0 : 1);
            await world.stop();
        });
    }
});

describe("a connection that ends before the namespace is answered", () => {
    /** What the socket and its manager hear, each with the seconds since the one before. */
    async function hears(options, seconds, serve) {
        const world = new World(options);
        const { bench, manager, socket } = world;
        bench.server.onsession = (session) => (session.onmessage = (data) => serve(session, data, world));
        const heard = [];
        world.last = performance.now();
        const listen = (emitter, event) =>
            emitter.on(event, (argument) => {
                const seconds = Math.round((performance.now() - world.last) / 1000);
                world.last = performance.now();
                heard.push(`${seconds} ${event}${argument === undefined ? "" : `: ${argument.message ?? argument}`}`);
            });
        ["connect", "connect_error", "disconnect"].forEach((event) => listen(socket, event));
        ["reconnect_attempt", "reconnect_failed"].forEach((event) => listen(manager, event));
        await bench.clock.advance(seconds * 1000);
        const { active } = socket;
        await world.stop();
        return [active, ...heard];
    }

    const ERROR = "0 connect_error: closed before the answer: transport close";

    test("is an error that says so, and begins no new series of attempts", async () => {
        assert.deepEqual(await hears({ reconnectionDelayMax: 60000 }, 10, (session) => session.close()), [
            true,
            ...[ERROR, "1 reconnect_attempt: 1", ERROR, "2 reconnect_attempt: 2", ERROR, "4 reconnect_attempt: 3", ERROR],
        ]);
    });

    test("counts among reconnectionAttempts", async () => {
        assert.deepEqual(await hears({ reconnectionAttempts: 2 }, 60, (session) => session.close()), [
            false,
            ...[ERROR, "1 reconnect_attempt: 1", ERROR, "2 reconnect_attempt: 2", ERROR, "0 reconnect_failed"],
        ]);
    });

    test("is as good as another when it has lived for a while", async () => {
        const late = ERROR.replace("0", "11");
        assert.deepEqual(await hears({}, 30, (session) => setTimeout(() => session.close(), 11000)), [
            true,
            ...[late, "1 reconnect_attempt: 1", late, "1 reconnect_attempt: 1"],
        ]);
    });

    test("differs from one that was good by any answer, to whichever namespace", async () => {
        for (const answer of ['0/other,{"sid":"s"}', '4/other,{"message":"no"}']) {
            let sessions = 0;
            const heard = await hears({}, 8, (session, data, { manager }) => {
                if (data === "0" && ++sessions < 3) {
                    session.close();
                } else if (data === "0") {
                    manager.socket("/other");
                } else {
                    session.push(answer);
                    setTimeout(() => session.close(), 100);
                }
            });
            const begin = [ERROR, "1 reconnect_attempt: 1", ERROR, "2 reconnect_attempt: 2", ERROR];
            assert.deepEqual(heard.slice(0, 7), [true, ...begin, "1 reconnect_attempt: 1"]);
        }
    });

    test("costs a namespace that was answered a disconnect, and the others an error", async () => {
        const others = [];
        const heard = await hears({ reconnection: false }, 5, (session, data, world) => {
            if (data === "0") {
                session.push('0{"sid":"s"}');
                const other = world.manager.socket("/other");
                other.on("connect_error", (error) => others.push(error.message));
                other.on("disconnect", () => others.push("disconnect"));
            } else {
                session.close();
            }
        });
        assert.deepEqual(heard, [false, "0 connect", "0 disconnect: transport close"]);
        assert.deepEqual(others, ["closed before the answer: transport close"]);
    });

    test("by the page's own will is none", async () => {
        const heard = await hears({}, 5, (session, data, world) => world.manager.close());
        assert.deepEqual(heard, [false]);
    });
});
