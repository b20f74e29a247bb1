// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Each transport by itself, with a host that only notes what it is handed.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { isSupported, transports } from "../src/transports/index.js";
import { FakeServer } from "./fake-server.js";
import { until } from "./support.js";

let server;
let host;
let transport;

beforeEach(async () => {
    server = await FakeServer.start();
    host = {
        frames: [],
        losses: [],
        drained: 0,
        sid: "",
        _options: {},
        _maxPayload: 1000000,
        _url: ({ name }) => `${server.url}/socket.io/?EIO=4&transport=${name}${host.sid && `&sid=${host.sid}`}&t=${Math.random()}`,
        _received(from, frames) {
            assert.equal(from, transport);
            host.frames.push(...frames);
            if (typeof frames[0] === "string" && frames[0][0] === "0") {
                host.sid = JSON.parse(frames[0].slice(1)).sid;
            }
        },
        _drained: () => host.drained++,
        _lost: (from, reason, details) => {
            // Those that were closed, and say so, are not heard.
            if (from === transport && host.losses.push({ reason, details }) === 1) {
                transport._close();
            }
        },
    };
});

afterEach(async () => {
    transport._close();
    await server.stop();
});

async function open(name) {
    transport = new transports[name](host);
    transport._open();
    await until(() => host.frames.length);
    return server.session;
}

const message = (data) => ({ type: 4, data });
const text = (frame) => (typeof frame === "string" ? frame : Buffer.from(frame).toString("latin1"));

for (const name of Object.keys(transports)) {
    describe(name, () => {
        test("hands up what comes in, in order", async () => {
            const session = await open(name);
            session.send("4a", Buffer.from([1, 2]), "4ü🐦");
            await until(() => host.frames.length === 4);
            const [, first, binary, last] = host.frames;
            assert.deepEqual([first, last], ["4a", "4ü🐦"]);
            assert.deepEqual(name === "websocket" ? [...new Uint8Array(binary)] : binary, name === "websocket" ? [1, 2] : "bAQI=");
        });

        test("sends what it is lent, in order", async () => {
            const session = await open(name);
            assert.ok(transport._writable && transport._idle);
            const packets = [message("a"), message(Uint8Array.of(1, 2).buffer), message("ü🐦")];
            assert.equal(transport._send(packets), 3);
            await until(() => session.packets.length === 3);
            assert.deepEqual(session.packets.map(text), ["4a", name === "websocket" ? "\x01\x02" : "bAQI=", "4ü🐦"]);
        });

        test("reports the loss of the connection", async () => {
            const session = await open(name);
            await until(() => session.socket ?? session.response ?? session.stream);
            session.cut();
            await until(() => host.losses.length);
            assert.match(host.losses[0].reason, /^transport (close|error)$/);
        });

        test("reports a refusal", async () => {
            server.hooks.request = (request, response) => response.writeHead(403).end("no");
            server.hooks.upgrade = (request, socket) => socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
            transport = new transports[name](host);
            transport._open();
            await until(() => host.losses.length);
        });

        test("lets go of the connection when it is closed", async () => {
            const session = await open(name);
            await until(() => session.socket ?? session.response ?? session.stream);
            transport._close();
            await until(() => !session.socket?.readable && !session.response && !(session.stream && !session.stream.closed));
        });

        test("is skipped where the platform lacks it", () => {
            transport = new transports[name](host);
            const global = { websocket: "WebSocket", sse: "EventSource", polling: "fetch" }[name];
            const saved = globalThis[global];
            assert.equal(isSupported(name), true);
            globalThis[global] = undefined;
            assert.equal(isSupported(name), false);
            globalThis[global] = saved;
        });
    });
}

for (const name of ["sse", "polling"]) {
    describe(`POSTs of ${name}`, () => {
        test("go one at a time", async () => {
            const session = await open(name);
            let release;
            session.beforeOk = () => new Promise((resolve) => (release = resolve));
            transport._send([message("a")]);
            assert.equal(transport._writable, false);
            await until(() => release);
            assert.equal(host.drained, 0);
            release();
            await until(() => host.drained === 1);
            assert.equal(transport._writable, true);
        });

        test("stay within maxPayload, counted in bytes", async () => {
            await open(name);
            host._maxPayload = 10;
            // Each "4üü" has five bytes, and a separator: two are eleven.
            assert.equal(transport._send([message("üü"), message("üü")]), 1);
            await until(() => host.drained === 1);
            host._maxPayload = 11;
            assert.equal(transport._send([message("üü"), message("üü"), message("a")]), 2);
            await until(() => host.drained === 2);
            // A single one that is too long is the server's to refuse.
            assert.equal(transport._send([message("x".repeat(50)), message("a")]), 1);
            await until(() => host.drained === 3);
        });

        test("carry the extra headers, as polling's GETs do", async () => {
            host._options = { extraHeaders: { "x-mine": "1" } };
            await open(name);
            transport._send([message("a")]);
            await until(() => host.drained);
            const carriers = server.requests.filter(({ method }) => method === "POST" || name === "polling");
            assert.ok(carriers.length && carriers.every(({ headers }) => headers["x-mine"] === "1"));
        });

        test("that fail lose the transport, and say why", async () => {
            const session = await open(name);
            server.hooks.request = ({ method }, response) =>
                method === "POST" && response.writeHead(413).end("too large");
            transport._send([message("a")]);
            await until(() => host.losses.length);
            assert.equal(host.losses[0].reason, "transport error");
            assert.equal(host.losses[0].details.status, 413);
            assert.equal(host.losses[0].details.body, "too large");
            assert.deepEqual(session.packets, []);
        });
    });
}

test("polling has one GET at a time, and each address differs", async () => {
    const session = await open("polling");
    for (let i = 0; i < 20; i++) {
        session.send("4" + i);
        await until(() => host.frames.length === i + 2);
    }
    // The fake server refuses a second GET.
    assert.deepEqual(host.losses, []);
    const stamps = server.requests.map(({ params }) => params.t);
    assert.equal(new Set(stamps).size, stamps.length);
});

test("an event stream is never reconnected by the browser", async () => {
    const session = await open("sse");
    session.stream.end();
    await until(() => host.losses.length);
    // An EventSource's own delay is a few seconds; its state tells at once.
    assert.equal(transport._source.readyState, 2);
});
