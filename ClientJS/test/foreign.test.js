// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Against a server that we did not write: python-socketio.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { io } from "../src/index.js";
import { next } from "./support.js";

const python = process.env.MARTLET_PYTHON ?? fileURLToPath(new URL("../.venv/bin/python", import.meta.url));

let server;
let url;

before(async () => {
    server = spawn(python, [fileURLToPath(new URL("foreign_server.py", import.meta.url))], {
        stdio: ["pipe", "pipe", "inherit"],
    });
    const [port] = await next(server.stdout, "data");
    url = `http://127.0.0.1:${String(port).trim()}`;
});

after(() => server.stdin.end());

for (const transport of ["websocket", "polling"]) {
    describe(`python-socketio over ${transport}`, () => {
        const connect = (path = "", options = {}) =>
            io(url + path, { transports: [transport], forceNew: true, reconnectionDelay: 10, ...options });

        test("connects with a payload and gets its own name", async () => {
            const socket = connect("", { auth: { token: "x" } });
            const [auth] = await next(socket, "auth");
            assert.deepEqual(auth, { token: "x" });
            assert.ok(socket.connected && socket.id && socket.io.transport === transport);
            socket.disconnect();
        });

        test("echoes text and binary, nested, both ways", async () => {
            const socket = connect();
            socket.emit("message", 1, "2", { 3: [true, "ü🐦"] });
            assert.deepEqual(await next(socket, "message-back"), [1, "2", { 3: [true, "ü🐦"] }]);
            socket.emit("message", { a: [Uint8Array.of(1, 2), Buffer.from("xyz")] }, new Blob(["blob"]));
            const [object, blob] = await next(socket, "message-back");
            assert.deepEqual([...new Uint8Array(object.a[0])], [1, 2]);
            assert.equal(Buffer.from(object.a[1]).toString(), "xyz");
            assert.equal(Buffer.from(blob).toString(), "blob");
            socket.disconnect();
        });

        test("acknowledgements carry values both ways", async () => {
            const socket = connect();
            assert.equal(await socket.emitWithAck("message-with-ack", "one"), "one");
            const echoed = await socket.timeout(5000).emitWithAck("message-with-ack", Uint8Array.of(7).buffer);
            assert.deepEqual([...new Uint8Array(echoed)], [7]);
            socket.on("question", (question, answer) => answer(question * 2));
            socket.emit("ask", 21);
            assert.deepEqual(await next(socket, "answer"), [42]);
            socket.disconnect();
        });

        test("an event that is not acknowledged in time is sent again, and what waits behind it follows", async () => {
            const socket = connect("", { retries: 100, ackTimeout: 50 });
            const [tries, answer] = await Promise.all([
                socket.emitWithAck("third-try", 1, Uint8Array.of(7)),
                socket.timeout(5000).emitWithAck("message-with-ack", 2),
            ]);
            assert.deepEqual(tries.map(([number, bytes]) => [number, ...new Uint8Array(bytes)]), Array(3).fill([1, 7]));
            assert.equal(answer, 2);
            socket.disconnect();
        });

        test("keeps order under load", async () => {
            const socket = connect();
            const ticks = [];
            socket.on("tick", (tick) => ticks.push(tick));
            socket.emit("count", 500);
            const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => socket.emitWithAck("message-with-ack", i)));
            assert.deepEqual(answers, Array.from({ length: 200 }, (_, i) => i));
            while (ticks.length < 500) {
                await next(socket, "tick");
            }
            assert.deepEqual(ticks, Array.from({ length: 500 }, (_, i) => i + 1));
            socket.disconnect();
        });

        test("answers the heartbeat, and outlives the ping timeout", async () => {
            const socket = connect();
            for (let pings = 0; pings < 3; pings++) {
                await next(socket.io, "ping");
            }
            assert.ok(socket.connected);
            assert.equal(await socket.emitWithAck("message-with-ack", 1), 1);
            socket.disconnect();
        });

        test("a refused namespace reports the reason and data", async () => {
            const socket = connect("/guarded", { auth: (send) => send({ token: "no" }) });
            const [error] = await next(socket, "connect_error");
            assert.match(error.message, /Not authorized/);
            assert.equal(socket.active, false);
            socket.auth = { token: "secret" };
            socket.connect();
            await next(socket, "connect");
            assert.equal(await socket.emitWithAck("message-with-ack", 1), 1);
            socket.disconnect();
        });

        test("a namespace that is left before its answer and joined again costs the other nothing", async () => {
            const main = connect();
            await next(main, "connect");
            const heard = [];
            const guarded = main.io.socket("/guarded", { auth: { token: "secret" } });
            for (const [name, socket] of Object.entries({ main, guarded })) {
                for (const event of ["connect", "disconnect", "connect_error"]) {
                    socket.on(event, () => heard.push(`${name} ${event}`));
                }
            }
            guarded.disconnect().connect().disconnect().connect();
            assert.equal(await guarded.timeout(5000).emitWithAck("message-with-ack", 1), 1);
            assert.equal(await main.timeout(5000).emitWithAck("message-with-ack", 2), 2);
            assert.deepEqual(heard, ["guarded connect"]);
            main.io.close();
        });

        test("a disconnect by the server is final", async () => {
            const socket = connect();
            socket.emit("disconnect-me");
            const [reason] = await next(socket, "disconnect");
            assert.equal(reason, "io server disconnect");
            assert.equal(socket.active, false);
        });
    });
}
