// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Events that are sent again until the server acknowledges them, in manual time.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { Manager } from "../src/index.js";
import { Bench, NAMES } from "./bench.js";

let bench;
let manager;
/** What the server has got, over all sessions. */
let taken;
/** How it answers the next of them: not at all, with values, or by ending the session. */
let answers;

beforeEach(() => {
    bench = new Bench();
    globalThis.localStorage = {};
    taken = [];
    answers = [];
    bench.server.onsession = (session) => {
        session.onmessage = (data) => {
            const [, id, event] = /^2(\d*)(\[.*)$/.exec(data) ?? [];
            if (data === "0") {
                session.push(`0${JSON.stringify({ sid: session.sid })}`);
            } else if (event) {
                taken.push(event);
                const answer = answers.shift();
                if (answer === "end") {
                    session.close();
                } else if (answer) {
                    session.push(`3${id}${answer}`);
                }
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

function open(options = {}) {
    manager = new Manager("http://model.example", { transports: NAMES, ackTimeout: 1000, ...options });
    return manager.socket("/", { retries: 2, ...options });
}

async function connect(options) {
    const socket = open(options);
    await bench.until(() => socket.connected);
    return socket;
}

/** What the callback of an event is given. */
async function outcome(from, ...args) {
    let values;
    from.emit(...args, (...given) => (values = given.map((each) => each?.message ?? each)));
    await bench.until(() => values, 20000);
    return values;
}

/** What a promise is fulfilled with, or the error's message. */
async function settled(promise) {
    let result;
    promise.then((value) => (result = [value]), (error) => (result = [error.message]));
    await bench.until(() => result, 20000);
    return result[0];
}

for (const name of NAMES) {
    for (const grants of [false, true]) {
        describe(`in a ${grants ? "lossless" : "plain"} session over ${name}`, () => {
            const connectOver = (options) => {
                bench.server.grants = grants;
                return connect({ transports: [name], ...options });
            };

            test("an event is sent until it is acknowledged, and the callback gets null and the values", async () => {
                const socket = await connectOver();
                answers = [undefined, undefined, '[1,"two"]'];
                assert.deepEqual(await outcome(socket, "a"), [null, 1, "two"]);
                assert.deepEqual(taken, ['["a"]', '["a"]', '["a"]']);
            });

            test("it is given up after so many more tries", async () => {
                const socket = await connectOver();
                const start = bench.clock.now;
                assert.deepEqual(await outcome(socket, "a"), ["operation has timed out"]);
                assert.ok(bench.clock.now - start >= 3000 && bench.clock.now - start < 3100);
                assert.deepEqual(taken, ['["a"]', '["a"]', '["a"]']);
            });

            test("a lost connection is a failed try, and the next is made on the new one", async () => {
                const socket = await connectOver({ ackTimeout: undefined });
                answers = ["end", "[7]"];
                assert.deepEqual(await outcome(socket, "a"), [null, 7]);
                assert.deepEqual(taken, ['["a"]', '["a"]']);
            });

            test("an event that costs the connection each time is given up too", async () => {
                const socket = await connectOver();
                answers = ["end", "end", "end", "[8]"];
                assert.deepEqual(await outcome(socket, "a"), ["socket has been disconnected"]);
                assert.deepEqual(await outcome(socket, "b"), [null, 8]);
            });
        });
    }
}

describe("the queue", () => {
    test("is sent one at a time, in order, whether there is a callback or not", async () => {
        const socket = await connect();
        answers = [undefined, "[1]", undefined, "[2]", "[3]"];
        socket.emit("a", 1);
        const answer = socket.emitWithAck("b");
        socket.emit("c");
        assert.equal(await settled(answer), 2);
        await bench.until(() => taken.length === 5);
        assert.deepEqual(taken, ['["a",1]', '["a",1]', '["b"]', '["b"]', '["c"]']);
        await bench.clock.advance(10000);
        assert.equal(taken.length, 5);
    });

    test("goes on behind an event that was given up", async () => {
        const socket = await connect();
        answers = [undefined, undefined, undefined, "[1]"];
        socket.emit("a");
        assert.deepEqual(await outcome(socket, "b"), [null, 1]);
        assert.deepEqual(taken, ['["a"]', '["a"]', '["a"]', '["b"]']);
    });

    test("waits for a connection, and no try fails meanwhile", async () => {
        const socket = open({ autoConnect: false });
        const callback = mock.fn();
        socket.emit("a", callback);
        assert.deepEqual(socket.sendBuffer, []);
        await bench.clock.advance(60000);
        assert.equal(callback.mock.callCount(), 0);
        answers = [undefined, undefined, "[1]"];
        socket.connect();
        await bench.until(() => callback.mock.callCount(), 20000);
        assert.deepEqual(callback.mock.calls[0].arguments, [null, 1]);
    });

    test("is sent before listeners hear of the connection", async () => {
        const socket = open({ autoConnect: false });
        answers = ["[1]", "[2]"];
        socket.emit("a");
        socket.on("connect", () => socket.emit("b"));
        socket.connect();
        await bench.until(() => taken.length === 2);
        assert.deepEqual(taken, ['["a"]', '["b"]']);
    });

    test("outlives a disconnect by the page", async () => {
        const socket = await connect();
        socket.emit("a");
        await bench.until(() => taken.length);
        socket.disconnect();
        socket.emit("b");
        await bench.clock.advance(10000);
        answers = ["[1]", "[2]"];
        socket.connect();
        await bench.until(() => taken.length === 3);
        assert.deepEqual(taken, ['["a"]', '["a"]', '["b"]']);
    });

    test("outlives a disconnect by a listener for what is sent", async () => {
        const socket = await connect();
        socket.onAnyOutgoing(() => socket.disconnect());
        const answer = socket.emitWithAck("a");
        assert.deepEqual([socket.connected, socket.sendBuffer], [false, []]);
        answers = ["[1]"];
        socket.offAnyOutgoing().connect();
        assert.deepEqual([await settled(answer), taken], [1, ['["a"]']]);
    });

    test("has the bound of what is kept, and room again when its events are acknowledged", async () => {
        const socket = open({ autoConnect: false, sendBufferLimit: 100 });
        socket.emit("a", "x".repeat(60));
        assert.throws(() => socket.emit("b", "x".repeat(60)), /send buffer is full/);
        answers = ["[1]", "[2]"];
        socket.connect();
        await bench.until(() => taken.length === 1 && !socket._queue.length);
        await bench.until(() => !manager._waiting, 30000);
        assert.deepEqual(await outcome(socket, "b", "x".repeat(60)), [null, 2]);
        assert.equal(socket._queued, 0);
    });

    test("takes the arguments as they are when emit is called, and refuses unfit ones there", async () => {
        const socket = await connect();
        const argument = { n: 1 };
        answers = [undefined, "[1]"];
        const answer = socket.emitWithAck("a", argument);
        argument.n = 2;
        await settled(answer);
        assert.deepEqual(taken, ['["a",{"n":1}]', '["a",{"n":1}]']);
        assert.throws(() => socket.emit("connect"), /reserved event name/);
        assert.throws(() => socket.emit("a", 1n), TypeError);
        assert.deepEqual(socket._queue, []);
    });

    test("is not for volatile events", async () => {
        const socket = open();
        socket.volatile.emit("dropped");
        await bench.until(() => socket.connected);
        socket.emit("kept");
        socket.volatile.emit("now");
        await bench.until(() => taken.length === 2);
        assert.deepEqual(taken, ['["kept"]', '["now"]']);
        await bench.clock.advance(10000);
        assert.deepEqual(taken.filter((event) => event !== '["kept"]'), ['["now"]']);
    });

    test("sends binary data again as a whole", async () => {
        const socket = await connect({ ackTimeout: 100 });
        assert.deepEqual(await outcome(socket, "file", Uint8Array.of(1, 2)), ["operation has timed out"]);
        const text = '51-0["file",{"_placeholder":true,"num":0}]';
        const bytes = Uint8Array.of(1, 2);
        assert.deepEqual(bench.other.received.slice(1), [text, bytes, text, bytes, text, bytes]);
    });

    test("loses by a Blob that cannot be read its event alone, after as many tries", async () => {
        const socket = await connect();
        const blob = new Blob(["x"]);
        const read = mock.method(blob, "arrayBuffer", () => Promise.reject(new Error("the file has changed")));
        assert.deepEqual(await outcome(socket, "file", blob), ["the file has changed"]);
        assert.equal(read.mock.callCount(), 3);
        answers = ["[1]"];
        assert.deepEqual(await outcome(socket, "b"), [null, 1]);
        assert.deepEqual(taken, ['["b"]']);
    });

    test("tells listeners for what is sent once of an event", async () => {
        const socket = await connect();
        const heard = [];
        socket.onAnyOutgoing((...args) => heard.push(args));
        await outcome(socket, "a", 1);
        assert.deepEqual([heard, taken.length], [[["a", 1]], 3]);
    });

    test("takes a late answer to an earlier try", async () => {
        const socket = await connect();
        const answer = socket.emitWithAck("a");
        await bench.until(() => taken.length === 2, 2000);
        bench.other.push("30[1]", "30[2]");
        assert.deepEqual([await settled(answer), taken.length], [1, 2]);
    });
});

describe("the options", () => {
    test("timeout() goes before ackTimeout", async () => {
        const socket = await connect({ ackTimeout: 60000 });
        assert.deepEqual(await outcome(socket.timeout(100), "a"), ["operation has timed out"]);
        assert.equal(taken.length, 3);
    });

    test("without ackTimeout a try waits for as long as the connection lasts", async () => {
        const socket = await connect({ ackTimeout: undefined });
        const answer = socket.emitWithAck("a");
        await bench.clock.advance(60000);
        bench.other.push("30[1]");
        assert.deepEqual([await settled(answer), taken], [1, ['["a"]']]);
    });

    test("emitWithAck is rejected when all tries have failed", async () => {
        const socket = await connect();
        assert.equal(await settled(socket.emitWithAck("a")), "operation has timed out");
        assert.equal(taken.length, 3);
    });

    for (const retries of [0, undefined, null]) {
        test(`retries of ${retries} is none, and no queue`, async () => {
            const socket = await connect({ retries });
            socket.emit("a");
            socket.emit("b");
            await bench.until(() => taken.length === 2);
            assert.deepEqual(bench.other.received, ["0", '2["a"]', '2["b"]']);
        });
    }

    test("a socket's own go before those of the manager", async () => {
        manager = new Manager("http://model.example", { retries: 5, ackTimeout: 100 });
        for (const [options, tries] of [[{ retries: 1 }, 2], [{}, 6]]) {
            manager._sockets.clear();
            await outcome(manager.socket("/", options), "a");
            assert.equal(taken.splice(0).length, tries);
        }
    });
});
