// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// A namespace that is left, and perhaps joined again, in one connection: beside it "/" lives on untouched.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Manager } from "../src/index.js";
import { Bench, NAMES } from "./bench.js";

for (const isLossless of [true, false]) {
    describe(`in a ${isLossless ? "lossless" : "plain"} session`, () => {
        let bench;
        let manager;
        let main;
        /** The messages of /custom that the server got. */
        let got;
        let answers;
        /** Whether the server answers /custom by itself. */
        let answersItself;

        beforeEach(async () => {
            bench = new Bench();
            bench.server.grants = isLossless;
            globalThis.localStorage = {};
            got = [];
            answers = 0;
            answersItself = true;
            bench.server.onsession = (session) => {
                session.onmessage = (data) => {
                    if (/^.\/custom,/.test(data)) {
                        got.push(data);
                        if (answersItself && data[0] === "0") {
                            answer();
                        }
                    } else if (data === "0") {
                        session.push('0{"sid":"main"}');
                    }
                };
            };
            manager = new Manager("http://model.example", { transports: NAMES });
            main = manager.socket("/");
            main.log = [];
            for (const event of ["connect", "connect_error", "disconnect"]) {
                main.on(event, () => main.log.push(event));
            }
            await bench.until(() => main.connected);
        });

        afterEach(async () => {
            assert.deepEqual([main.log, main.connected, main.id], [["connect"], true, "main"]);
            manager.close();
            delete globalThis.localStorage;
            assert.deepEqual(bench.server.faults, []);
            await bench.stop();
        });

        const answer = () => send(`0/custom,{"sid":"custom-${++answers}"}`);
        const send = (...messages) => bench.other.push(...messages);

        /** The socket of /custom, with what it hears. */
        function custom(options) {
            const socket = manager.socket("/custom", options);
            socket.log = [];
            for (const event of ["connect", "connect_error", "disconnect", "news"]) {
                socket.on(event, (argument) => socket.log.push(argument instanceof Error ? argument.message : argument ?? event));
            }
            return socket;
        }

        test("connect, disconnect, connect: one connect, by the second answer", async () => {
            const socket = custom().disconnect().connect();
            await bench.clock.advance(1000);
            assert.deepEqual([socket.log, socket.id, socket.connected], [["connect"], "custom-2", true]);
            assert.deepEqual(got, ["0/custom,", "1/custom,", "0/custom,"]);
            socket.emit("a");
            await bench.clock.advance(100);
            assert.equal(got.at(-1), '2/custom,["a"]');
        });

        test("many times over as well", async () => {
            const socket = custom();
            for (let i = 0; i < 5; i++) {
                socket.disconnect().disconnect().connect().connect();
            }
            await bench.clock.advance(1000);
            assert.deepEqual([socket.log, socket.id, answers], [["connect"], "custom-2", 2]);
            for (let i = 0; i < 5; i++) {
                socket.disconnect().connect();
            }
            await bench.clock.advance(1000);
            assert.deepEqual(socket.log.filter((entry) => entry === "connect").length, 2);
            assert.equal(socket.id, `custom-${answers}`);
        });

        test("and for good: the server is told once it has answered", async () => {
            answersItself = false;
            const socket = custom();
            await bench.clock.advance(100);
            socket.disconnect();
            await bench.clock.advance(100);
            assert.deepEqual(got, ["0/custom,"]);
            answer();
            send('2/custom,["news",1]');
            await bench.clock.advance(100);
            assert.deepEqual([got, socket.log, socket.active], [["0/custom,", "1/custom,"], [], false]);
            socket.connect();
            await bench.clock.advance(100);
            send('2/custom,["news",2]');
            answer();
            send('2/custom,["news",3]');
            await bench.clock.advance(100);
            assert.deepEqual([socket.log, socket.id], [["connect", 3], "custom-2"]);
        });

        test("a refusal of what was left is nobody's, and needs no goodbye", async () => {
            answersItself = false;
            const socket = custom();
            socket.disconnect().connect();
            await bench.clock.advance(100);
            send('4/custom,{"message":"no"}');
            await bench.clock.advance(100);
            assert.deepEqual([socket.log, socket.active, got], [[], true, ["0/custom,", "0/custom,"]]);
            send('4/custom,{"message":"no more"}');
            await bench.clock.advance(100);
            assert.deepEqual([socket.log, socket.active], [["no more"], false]);
        });

        test("what comes for the one that was left is not for the next", async () => {
            answersItself = false;
            const socket = custom();
            await bench.clock.advance(100);
            socket.disconnect().connect();
            send('2/custom,["news","before the first answer"]');
            answer();
            send('2/custom,["news","after it"]', "1/custom,", '2/custom,5["news","with a callback"]');
            await bench.clock.advance(100);
            assert.deepEqual(got, ["0/custom,", "1/custom,", "0/custom,"]);
            send('2/custom,["news","before the second"]');
            answer();
            send('2/custom,["news","mine"]');
            await bench.clock.advance(100);
            assert.deepEqual(socket.log, ["connect", "mine"]);
            // The same for one that had been connected.
            socket.disconnect().connect();
            send('2/custom,["news","under way when it left"]', "1/custom,");
            answer();
            await bench.clock.advance(100);
            assert.deepEqual(socket.log, ["connect", "mine", "io client disconnect", "connect"]);
            assert.equal(socket.id, "custom-3");
        });

        test("what was emitted meanwhile goes to the one that stays", async () => {
            const socket = custom();
            socket.emit("a");
            socket.disconnect();
            socket.emit("b");
            socket.connect();
            await bench.clock.advance(1000);
            assert.deepEqual(got, ["0/custom,", "1/custom,", "0/custom,", '2/custom,["a"]', '2/custom,["b"]']);
        });

        test("a slow auth function answers for its own visit only, and once", async () => {
            const sends = [];
            const socket = custom({ auth: (send) => sends.push(send) });
            socket.disconnect();
            sends[0]({ n: 0 });
            socket.connect().connect();
            sends[0]({ n: 0 });
            await bench.clock.advance(100);
            assert.deepEqual([got, sends.length], [[], 2]);
            sends[1]({ n: 1 });
            sends[1]({ n: 2 });
            await bench.clock.advance(100);
            sends[1]({ n: 3 });
            await bench.clock.advance(100);
            assert.deepEqual([got, socket.log], [['0/custom,{"n":1}'], ["connect"]]);
        });

        test("a recovery is not asked for again in the same connection", async () => {
            answersItself = false;
            const socket = custom();
            await bench.clock.advance(100);
            send('0/custom,{"sid":"s","pid":"p"}', '2/custom,["news",1,"offset"]');
            await bench.clock.advance(100);
            socket.disconnect().connect();
            await bench.clock.advance(100);
            assert.deepEqual(got, ["0/custom,", "1/custom,", "0/custom,"]);
        });

        test("an acknowledgement that comes after its visit is not sent", async () => {
            const socket = custom();
            const callbacks = [];
            socket.on("ask", (callback) => callbacks.push(callback));
            await bench.clock.advance(100);
            send('2/custom,7["ask"]');
            await bench.clock.advance(100);
            socket.disconnect();
            callbacks[0]("late");
            socket.connect();
            await bench.clock.advance(100);
            callbacks[0]("later");
            await bench.clock.advance(100);
            assert.deepEqual(got, ["0/custom,", "1/custom,", "0/custom,"]);
        });

        test("a listener may leave amid what it waited for", async () => {
            answersItself = false;
            const socket = custom();
            socket.emit("first");
            socket.emit("second");
            socket.onAnyOutgoing(() => socket.disconnect());
            await bench.clock.advance(100);
            answer();
            await bench.clock.advance(100);
            assert.deepEqual([got, socket.log], [["0/custom,", "1/custom,"], ["io client disconnect"]]);
            assert.equal(socket.sendBuffer.length, 2);
        });

        test("the last one takes the connection with it, and the next begins another", async () => {
            answersItself = false;
            const socket = custom();
            await bench.clock.advance(100);
            const { engine } = manager;
            main.off("disconnect");
            main.disconnect();
            socket.disconnect();
            answersItself = true;
            socket.connect();
            main.connect();
            main.log.length = 0;
            await bench.clock.advance(1000);
            assert.notEqual(manager.engine, engine);
            assert.deepEqual([socket.log, socket.id, bench.server.sessions.size], [["connect"], "custom-1", 1]);
        });
    });
}

test("one that is left while the connection is lost leaves nothing owed to the next", async () => {
    const bench = new Bench();
    bench.server.grants = false;
    globalThis.localStorage = {};
    const got = [];
    let holds = true;
    bench.server.onsession = (session) => {
        session.onmessage = (data) => {
            got.push(data);
            if (!holds || data === "0") {
                session.push(`${data}{"sid":"s"}`);
            }
        };
    };
    const manager = new Manager("http://model.example", { transports: NAMES });
    const main = manager.socket("/");
    const socket = manager.socket("/custom");
    await bench.until(() => got.length === 2);
    await bench.until(() => main.connected);
    socket.disconnect();
    bench.network.fail();
    await bench.until(() => !main.connected);
    socket.connect();
    holds = false;
    await bench.until(() => main.connected && socket.connected, 10000);
    assert.deepEqual(got, ["0", "0/custom,", "0", "0/custom,"]);
    manager.close();
    await bench.stop();
    delete globalThis.localStorage;
});
