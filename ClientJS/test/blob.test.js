// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Blobs take their time to be read, and some cannot be: a file that has changed on the disk.

import assert from "node:assert/strict";
import { mkdtempSync, openAsBlob, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { io } from "../src/index.js";
import { transports } from "../src/transports/index.js";
import { FakeServer } from "./fake-server.js";
import { next, until } from "./support.js";

let server;
let socket;

beforeEach(async () => {
    server = await FakeServer.start();
});

afterEach(async () => {
    mock.restoreAll();
    socket?.io.close();
    await server.stop();
});

async function connect(options = {}) {
    socket = io(server.url, { forceNew: true, reconnectionDelay: 5, reconnectionDelayMax: 10, ...options });
    await next(socket, "connect");
    return socket;
}

/** A Blob that is read when the test says so: `give()` or `fail()`, each for all readings that were begun. */
function blob() {
    const value = new Blob(["xyz"]);
    const readings = [];
    value.arrayBuffer = () => new Promise((resolve, reject) => readings.push({ resolve, reject }));
    value.give = () => readings.splice(0).forEach(({ resolve }) => resolve(new Uint8Array([120, 121, 122]).buffer));
    value.fail = () => readings.splice(0).forEach(({ reject }) => reject(new DOMException("unreadable", "NotReadableError")));
    Object.defineProperty(value, "readings", { get: () => readings.length });
    return value;
}

function unreadable() {
    const value = blob();
    value.arrayBuffer = () => Promise.reject(new DOMException("unreadable", "NotReadableError"));
    return value;
}

/** What the server got in its latest session, from the first event on, as text; the same for each transport. */
const received = () =>
    (server.session?.packets ?? [])
        .slice(1)
        .map((packet) => (/^b/.test(packet) ? Buffer.from(packet.slice(1), "base64").toString() : String(packet)));

/** What is reported as uncaught from now on. */
function uncaught() {
    const errors = [];
    const { queueMicrotask } = globalThis;
    mock.method(globalThis, "queueMicrotask", (task) =>
        queueMicrotask(() => {
            try {
                task();
            } catch (error) {
                errors.push(error);
            }
        })
    );
    return errors;
}

for (const name of Object.keys(transports)) {
    describe(`over ${name}`, () => {
        test("an event leaves when all its Blobs are read, and those behind it after it", async () => {
            const socket = await connect({ transports: [name] });
            const [first, second] = [blob(), blob()];
            socket.emit("before");
            socket.emit("files", first, Uint8Array.of(97), second);
            socket.emit("after");
            await until(() => received().length);
            socket.emit("last");
            first.give();
            await until(() => second.readings);
            // The server has read all that was sent before its own event came back.
            const pong = next(socket, "pong");
            server.session.emitEvent("pong");
            await pong;
            assert.deepEqual(received(), ['42["before"]']);
            second.give();
            await until(() => received().length === 7);
            const text = '453-["files",' + [0, 1, 2].map((num) => `{"_placeholder":true,"num":${num}}`) + "]";
            assert.deepEqual(received(), ['42["before"]', text, "xyz", "a", "xyz", '42["after"]', '42["last"]']);
        });

        test("an event whose Blob cannot be read fails alone", async () => {
            const socket = await connect({ transports: [name] });
            const lost = mock.fn();
            socket.on("disconnect", lost);
            socket.emit("before");
            const failed = socket.emitWithAck("file", Uint8Array.of(1), unreadable(), new Blob(["b"]));
            socket.emit("after", new Blob(["xyz"]));
            const answer = socket.emitWithAck("last");
            await assert.rejects(failed, { name: "NotReadableError" });
            await until(() => received().length === 4);
            const text = '451-["after",{"_placeholder":true,"num":0}]';
            assert.deepEqual(received(), ['42["before"]', text, "xyz", '421["last"]']);
            server.session.send("431[5]");
            assert.equal(await answer, 5);
            assert.deepEqual([lost.mock.callCount(), socket.io._waiting], [0, 0]);
        });
    });
}

describe("the error of an unreadable Blob", () => {
    test("is that of a file that has changed on the disk", async () => {
        const socket = await connect();
        const folder = mkdtempSync(join(tmpdir(), "martlet-"));
        try {
            const path = join(folder, "file");
            writeFileSync(path, "before");
            const file = await openAsBlob(path);
            writeFileSync(path, "and afterwards");
            await assert.rejects(socket.emitWithAck("file", file), { name: "NotReadableError" });
            assert.ok(socket.connected);
        } finally {
            rmSync(folder, { recursive: true });
        }
    });

    test("is the first argument of a callback that takes one, well before its timeout", async () => {
        const socket = await connect();
        const callback = mock.fn();
        socket.timeout(60000).emit("file", unreadable(), callback);
        await until(() => callback.mock.callCount());
        assert.deepEqual(callback.mock.calls[0].arguments.map(({ name }) => name), ["NotReadableError"]);
    });

    test("is uncaught where nobody takes it", async () => {
        const socket = await connect();
        const errors = uncaught();
        const callback = mock.fn();
        socket.emit("file", unreadable());
        socket.emit("file", unreadable(), callback);
        socket.io.engine.send(unreadable());
        server.session.send('427["question"]');
        const [acknowledge] = await next(socket, "question");
        acknowledge(unreadable());
        socket.emit("last");
        await until(() => received().length);
        assert.deepEqual(errors.map(({ name }) => name), Array(4).fill("NotReadableError"));
        assert.deepEqual([received(), callback.mock.callCount()], [['42["last"]'], 0]);
    });

    test("is uncaught too where a callback was told of a timeout before", async () => {
        const socket = await connect();
        const errors = uncaught();
        const file = blob();
        await assert.rejects(socket.timeout(5).emitWithAck("file", file), /timed out/);
        file.fail();
        await until(() => errors.length);
        assert.ok(socket.connected);
    });
});

describe("while a Blob is read", () => {
    test("it counts against the send buffer's limit, and no longer when that failed", async () => {
        const socket = await connect({ sendBufferLimit: 150 });
        const failed = socket.emitWithAck("file", new Uint8Array(40), unreadable());
        assert.throws(() => socket.emit("more", "x".repeat(40)), /send buffer is full/);
        await assert.rejects(failed, { name: "NotReadableError" });
        socket.emit("more", "x".repeat(40));
        await until(() => received().length);
    });

    test("the connection may be lost: the next reads it anew, and sends it once", async () => {
        const socket = await connect();
        const file = blob();
        const answer = socket.emitWithAck("file", file);
        socket.emit("after");
        await until(() => file.readings);
        server.session.cut();
        await next(socket, "disconnect");
        // That reading is nobody's any more.
        file.fail();
        await next(socket, "connect");
        await until(() => file.readings);
        file.give();
        await until(() => received().length === 3);
        assert.deepEqual(received(), ['451-0["file",{"_placeholder":true,"num":0}]', "xyz", '42["after"]']);
        server.session.send("430[1]");
        assert.equal(await answer, 1);
    });

    for (const [outcome, rest] of [
        ["give", ['451-["file",{"_placeholder":true,"num":0}]', "xyz", "41", "1"]],
        ["fail", ["41", "1"]],
    ]) {
        test(`the socket may leave: it says goodbye behind it (${outcome})`, async () => {
            const socket = await connect();
            const errors = uncaught();
            const { session } = server;
            const file = blob();
            socket.emit("file", file);
            socket.disconnect();
            await until(() => file.readings);
            file[outcome]();
            await until(() => session.closed);
            assert.deepEqual(session.packets.slice(1).map(String), rest);
            assert.equal(errors.length, outcome === "fail" ? 1 : 0);
        });
    }
});
