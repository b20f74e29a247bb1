// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Managers and their sockets in lossless sessions, over the fake network.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Manager } from "../src/index.js";
import { Bench, NAMES } from "./bench.js";

let bench;
let manager;

beforeEach(() => {
    bench = new Bench();
    globalThis.localStorage = {};
    bench.server.onsession = (session) => {
        session.onmessage = (data) => {
            const [, id] = /^2(\d+)\["ask"\]$/.exec(data) ?? [];
            if (/^0/.test(data)) {
                session.push(`0${JSON.stringify({ sid: session.sid })}`);
            } else if (id) {
                session.push(`3${id}["answer"]`);
            }
        };
    };
});

afterEach(async () => {
    manager.close();
    delete globalThis.localStorage;
    assert.deepEqual(bench.server.faults, []);
    await bench.stop();
});

async function connect(options = {}) {
    manager = new Manager("http://model.example", { transports: NAMES, ...options });
    const socket = manager.socket("/");
    socket.log = [];
    for (const event of ["connect", "disconnect", "news"]) {
        socket.on(event, (...args) => socket.log.push([event, ...args]));
    }
    await bench.until(() => socket.connected);
    socket.log.length = 0;
    return socket;
}

/** The events that the server has taken in a session. */
const events = (session = bench.other) => session.received.filter((data) => /^2/.test(data));
const block = (...names) => (bench.network.walls = Object.fromEntries(names.map((name) => [name, "refused"])));

/** What a promise is fulfilled with, or the error's message. */
async function settled(promise) {
    let outcome;
    promise.then(
        (value) => (outcome = value ?? "fulfilled"),
        (error) => (outcome = error.message)
    );
    await bench.until(() => outcome, 20000);
    return outcome;
}

/** Without a network until `block()`. */
async function goDark() {
    block(...NAMES);
    bench.network.fail();
    await bench.until(() => !manager.transport);
}

describe("a socket", () => {
    test("notices no loss of the transport, and loses nothing by it", async () => {
        const socket = await connect();
        await goDark();
        socket.emit("a");
        const answer = socket.emitWithAck("ask");
        bench.other.push('2["news",1]');
        await bench.clock.advance(8000);
        assert.ok(socket.connected && !socket.disconnected);
        block();
        assert.equal(await settled(answer), "answer");
        await bench.until(() => socket.log.length);
        assert.deepEqual(socket.log, [["news", 1]]);
        assert.deepEqual(events(), ['2["a"]', '20["ask"]']);
    });

    test("drops volatile events while there is no transport", async () => {
        const socket = await connect();
        await goDark();
        socket.volatile.emit("dropped");
        socket.emit("kept");
        block();
        await bench.until(() => events().length, 6000);
        assert.deepEqual(events(), ['2["kept"]']);
    });

    test("loses by a Blob that cannot be read that event alone, whatever happens to the transports", async () => {
        const socket = await connect();
        const settle = [];
        const file = () => {
            const blob = new Blob(["x"]);
            blob.arrayBuffer = () => new Promise((resolve, reject) => settle.push({ resolve, reject }));
            return blob;
        };
        const outcomes = [["ask"], ["bad", file()], ["ask"]].map((args) => settled(socket.emitWithAck(...args)));
        socket.emit("good", file());
        outcomes.push(settled(socket.emitWithAck("ask")));
        await bench.until(() => events().length === 1);
        await goDark();
        settle[0].reject(new Error("unreadable"));
        block();
        await bench.until(() => events().length === 2, 6000);
        await goDark();
        settle[1].resolve(new ArrayBuffer(1));
        block("websocket");
        await bench.until(() => events().length === 3, 20000);
        assert.deepEqual(await Promise.all(outcomes), ["answer", "unreadable", "answer", "answer"]);
        assert.deepEqual(
            bench.other.received.slice(1).map((data) => (typeof data === "string" ? data : data.length)),
            ['20["ask"]', '22["ask"]', '51-["good",{"_placeholder":true,"num":0}]', 1, '23["ask"]']
        );
        assert.deepEqual([socket.log, bench.server.sessions.size], [[], 1]);
    });

    test("keeps no more than sendBufferLimit, and says so", async () => {
        const socket = await connect({ sendBufferLimit: 100 });
        await goDark();
        socket.emit("a", "x".repeat(60));
        assert.throws(() => socket.emit("b", "x".repeat(60)), /send buffer is full/);
        block();
        await bench.until(() => events().length, 6000);
        await bench.until(() => !manager._waiting, 30000);
        socket.emit("c", "x".repeat(60));
        await bench.until(() => events().length === 2);
    });
});

describe("a session that ends", () => {
    /** The server forgets the session while the client is in the dark. */
    async function lose(inTheDark) {
        await goDark();
        inTheDark();
        bench.server.sessions.clear();
        block();
    }

    test("gives what was never handed over to the next, and fails the callbacks of the rest", async () => {
        const socket = await connect();
        const told = [];
        socket.onAnyOutgoing((event) => told.push(event));
        const { other } = bench;
        other.onmessage = () => {};
        const handed = socket.emitWithAck("handed");
        await bench.until(() => events(other).length);
        let waiting;
        await lose(() => {
            waiting = socket.emitWithAck("ask");
            socket.emit("b", Uint8Array.of(7, 7));
        });
        assert.equal(await settled(handed), "socket has been disconnected");
        assert.equal(await settled(waiting), "answer");
        await bench.until(() => bench.other.received.length === 4);
        assert.deepEqual(bench.other.received.slice(0, 3), ["0", '21["ask"]', '51-["b",{"_placeholder":true,"num":0}]']);
        assert.equal(bench.other.received[3].length, 2);
        assert.deepEqual(events(other), ['20["handed"]']);
        assert.deepEqual(told, ["handed", "ask", "b"]);
        assert.deepEqual(socket.log.map(([event]) => event), ["disconnect", "connect"]);
        assert.equal(socket.log[0][1], "transport close");
    });

    test("does not send again what had timed out", async () => {
        const socket = await connect();
        await lose(() => socket.timeout(1).emit("late", () => {}));
        await bench.until(() => socket.log.length === 2, 6000);
        await bench.clock.advance(1000);
        assert.deepEqual(events(), []);
    });

    test("takes its acknowledgements with it", async () => {
        const socket = await connect();
        let acknowledge;
        socket.on("question", (callback) => (acknowledge = callback));
        bench.other.push('27["question"]');
        await bench.until(() => acknowledge);
        await lose(() => {});
        await bench.until(() => socket.log.length === 2, 6000);
        acknowledge("late");
        await bench.clock.advance(1000);
        assert.deepEqual(bench.other.received, ["0"]);
    });

    test("on purpose takes along what was emitted before", async () => {
        const socket = await connect();
        const { other } = bench;
        await goDark();
        socket.emit("last words");
        manager.close();
        assert.deepEqual(socket.log, [["disconnect", "forced close", undefined]]);
        block();
        await bench.until(() => !bench.server.sessions.size, 6000);
        assert.deepEqual([events(other), other.controls], [['2["last words"]'], ["1"]]);
        manager.connect();
        await bench.until(() => socket.connected);
        assert.deepEqual(events(), []);
    });
});

describe("the engine", () => {
    test("writes messages among those of the sockets, and loses none of them", async () => {
        const socket = await connect();
        const { other } = bench;
        await goDark();
        socket.emit("a", Uint8Array.of(1));
        assert.equal(manager.engine.write("own").send(Uint8Array.of(2).buffer), manager.engine);
        socket.emit("b");
        block();
        await bench.until(() => other.received.length === 6, 6000);
        assert.deepEqual(
            other.received.map((message) => (typeof message === "string" ? message : message[0])),
            ["0", '51-["a",{"_placeholder":true,"num":0}]', 1, "own", 2, '2["b"]']
        );
    });

    test("is closed as a connection is lost, with a goodbye: what was not handed over goes out on the next", async () => {
        const socket = await connect();
        const { other } = bench;
        await goDark();
        socket.emit("waiting");
        manager.engine.close().close();
        assert.deepEqual(socket.log, [["disconnect", "forced close", undefined]]);
        assert.ok(socket.active);
        block();
        await bench.until(() => socket.connected, 6000);
        await bench.until(() => events().length);
        assert.deepEqual([other.received, other.controls, events()], [["0"], ["1"], ['2["waiting"]']]);
        assert.equal(bench.server.sessions.size, 1);
    });

    test("that is closed while it opens is a failure like another", async () => {
        manager = new Manager("http://model.example", { transports: NAMES });
        const socket = manager.socket("/");
        const errors = [];
        socket.on("connect_error", (error) => errors.push(error.message));
        const { engine } = manager;
        engine.close();
        assert.deepEqual([errors, socket.active], [["forced close"], true]);
        await bench.until(() => socket.connected, 6000);
        assert.notEqual(manager.engine, engine);
    });
});

describe("switchTransport", () => {
    test("moves the session, and tells when it has", async () => {
        const socket = await connect();
        const told = [];
        manager.on("transport", (name) => told.push(name));
        for (const name of ["polling", "sse", "websocket"]) {
            assert.equal(await settled(manager.switchTransport(name)), "fulfilled");
            assert.equal(manager.transport, name);
            assert.equal(await settled(manager.switchTransport(name)), "fulfilled");
        }
        assert.deepEqual(told, ["polling", "sse", "websocket"]);
        assert.deepEqual(socket.log, []);
        assert.equal(bench.server.sessions.size, 1);
    });

    test("is rejected when the other fails or stays silent, and the session goes on", async () => {
        const socket = await connect();
        bench.network.walls = { polling: "refused", sse: "silent" };
        assert.equal(await settled(manager.switchTransport("polling")), "polling failed, websocket is in use");
        assert.equal(await settled(manager.switchTransport("sse")), "sse failed, websocket is in use");
        assert.equal(await settled(manager.switchTransport("pigeon")), 'no transport "pigeon" here');
        assert.deepEqual(socket.log, []);
    });

    test("amid another rejects that", async () => {
        await connect();
        const first = settled(manager.switchTransport("sse"));
        const second = settled(manager.switchTransport("polling"));
        const third = settled(manager.switchTransport("websocket"));
        assert.match(await first, /^sse failed/);
        assert.match(await second, /^polling failed/);
        assert.equal(await third, "fulfilled");
    });

    test("holds for later sessions, and is not remembered for other pages", async () => {
        const socket = await connect();
        await settled(manager.switchTransport("polling"));
        bench.server.sessions.clear();
        await bench.until(() => socket.log.length === 2, 60000);
        assert.equal(manager.transport, "polling");
        assert.match(Object.values(localStorage).join(), /^websocket /);
    });
});

test("what worked is tried first the next time, and left for the better when that works", async () => {
    block("websocket");
    await connect();
    assert.equal(manager.transport, "sse");
    manager.close();
    bench.network.requests.length = 0;
    await connect();
    assert.equal(manager.transport, "sse");
    assert.equal(bench.network.requests[0].transport, "sse");
    block();
    await bench.until(() => manager.transport === "websocket", 8000);
    assert.match(Object.values(localStorage).join(), /^websocket /);
});

test("nothing is remembered when that is off", async () => {
    await connect({ rememberTransport: false });
    assert.deepEqual(localStorage, {});
});
