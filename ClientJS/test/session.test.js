// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { Session } from "../src/session.js";
import { transports } from "../src/transports/index.js";
import { FakeServer } from "./fake-server.js";
import { next, until } from "./support.js";

const ALL = Object.keys(transports);
let server;
let session;

beforeEach(async () => {
    server = await FakeServer.start();
});

afterEach(async () => {
    session?._end("forced close");
    await server.stop();
});

function open(names, options = {}) {
    session = new Session(server.url + "/socket.io/", { transportTimeout: 500, query: {}, ...options });
    session._open(names);
    return session;
}

describe("the order of transports", () => {
    const used = () => server.requests.map(({ params }) => params.transport);
    const silent = (names) => {
        const swallow = (request, response, { transport }) => names.includes(transport);
        server.hooks.request = swallow;
        server.hooks.upgrade = swallow;
    };

    test("WebSocket is taken when it works, and nothing else is asked for", async () => {
        await next(open(ALL), "open");
        assert.equal(session.transport.name, "websocket");
        assert.deepEqual(used(), ["websocket"]);
    });

    test("a refused WebSocket falls to sse in the same attempt", async () => {
        server.hooks.upgrade = (request, socket) => socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        await next(open(ALL), "open");
        assert.equal(session.transport.name, "sse");
    });

    test("a silent WebSocket falls to sse after transportTimeout", async () => {
        silent(["websocket"]);
        const begin = Date.now();
        await next(open(ALL), "open");
        assert.equal(session.transport.name, "sse");
        assert.ok(Date.now() - begin >= 490);
    });

    test("an sse stream that a proxy holds back falls to polling", async () => {
        server.hooks.upgrade = (request, socket) => socket.destroy();
        server.hooks.request = (request, response, { transport }) => {
            if (transport === "sse") {
                response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
                return true;
            }
        };
        await next(open(ALL), "open");
        assert.equal(session.transport.name, "polling");
    });

    test("a proxy's HTML on sse falls to polling at once", async () => {
        server.hooks.upgrade = (request, socket) => socket.destroy();
        server.hooks.request = (request, response, { transport }) =>
            transport === "sse" && response.writeHead(200, { "content-type": "text/html" }).end("<html>");
        const begin = Date.now();
        await next(open(ALL, { transportTimeout: 60000 }), "open");
        assert.equal(session.transport.name, "polling");
        assert.ok(Date.now() - begin < 30000);
    });

    test("any order and subset is followed", async () => {
        silent(["polling"]);
        await next(open(["polling", "websocket"]), "open");
        assert.equal(session.transport.name, "websocket");
        assert.deepEqual(used(), ["polling", "websocket"]);
    });

    test("what the platform lacks is skipped at once, and unknown names too", async () => {
        const { WebSocket, EventSource } = globalThis;
        globalThis.WebSocket = globalThis.EventSource = undefined;
        await next(open(["webtransport", ...ALL]), "open");
        Object.assign(globalThis, { WebSocket, EventSource });
        assert.deepEqual(used().slice(0, 1), ["polling"]);
    });

    test("with none left, the last error is the details", async () => {
        server.hooks.upgrade = (request, socket) => socket.destroy();
        server.hooks.request = (request, response) => response.writeHead(502).end("<html>");
        const [, error] = await next(open(ALL), "close");
        assert.match(error.message, /polling error: HTTP status 502/);
        const [, none] = await new Promise((resolve) => {
            session = new Session(server.url, {});
            session.on("close", (...args) => resolve(args));
            session._open([]);
        });
        assert.match(none.message, /no transport/);
    });

    test("the last transport has more than transportTimeout", async () => {
        server.hooks.upgrade = (request, socket) => socket.destroy();
        server.hooks.request = (request, response, params) => {
            if (!params.sid && params.transport === "polling" && !params.late) {
                setTimeout(() => {
                    server.hooks.request = () => false;
                    server.http.emit("request", request, response);
                }, 250);
                return true;
            }
        };
        await next(open(["websocket", "polling"], { transportTimeout: 50 }), "open");
    });

    test("an answer that comes when its transport was given up is not listened to", async () => {
        let late;
        server.hooks.upgrade = (request, socket) => {
            late = () => {
                server.hooks.upgrade = () => false;
                server.http.emit("upgrade", request, socket);
            };
            return true;
        };
        await next(open(ALL), "open");
        const { id } = session;
        late();
        session.once("message", () => {});
        server.sessions.get(id).send("4x");
        assert.deepEqual(await next(session, "message"), ["x"]);
        assert.equal(session.id, id);
        assert.equal(session.transport.name, "sse");
    });
});

for (const name of ALL) {
    describe(`a session over ${name}`, () => {
        test("messages of one task leave together and in order", async () => {
            await next(open([name]), "open");
            session._send(["a", Uint8Array.of(1).buffer]);
            session._send(["b"]);
            await until(() => server.session.packets.length === 3);
            assert.equal(server.requests.filter(({ method }) => method === "POST").length, name === "websocket" ? 0 : 1);
            assert.deepEqual(
                server.session.packets.filter((packet) => typeof packet === "string" && packet[0] === "4"),
                ["4a", "4b"]
            );
        });

        test("a Blob keeps its place", async () => {
            await next(open([name]), "open");
            session._send(["a", new Blob(["12"]), "b"]);
            await until(() => server.session.packets.length === 3);
            assert.deepEqual(server.session.packets.map(String), ["4a", name === "websocket" ? "12" : "bMTI=", "4b"]);
        });

        test("a ping is answered with a pong", async () => {
            await next(open([name]), "open");
            server.session.send("2");
            await next(session, "ping");
            await until(() => server.session.packets.includes("3"));
        });

        test("no ping in pingInterval + pingTimeout ends it", async () => {
            Object.assign(server.open, { pingInterval: 60, pingTimeout: 60 });
            await next(open([name]), "open");
            const begin = Date.now();
            const [reason] = await next(session, "close");
            assert.equal(reason, "ping timeout");
            assert.ok(Date.now() - begin >= 100);
        });

        test("each ping puts that off", async () => {
            Object.assign(server.open, { pingInterval: 500, pingTimeout: 500 });
            await next(open([name]), "open");
            const begin = Date.now();
            const fake = server.session;
            let pings = 30;
            const timer = setInterval(() => (pings-- > 0 ? fake.send("2") : clearInterval(timer)), 50);
            await next(session, "close");
            clearInterval(timer);
            assert.ok(Date.now() - begin >= 2000);
        });

        test("a goodbye leaves after what was queued", async () => {
            await next(open([name]), "open");
            const fake = server.session;
            session._send(["a"]);
            session._close();
            await next(session, "close");
            await until(() => fake.closed);
            assert.deepEqual(fake.packets, ["4a", "1"]);
        });

        test("the server's goodbye ends it", async () => {
            await next(open([name]), "open");
            server.session.send("1");
            const [reason] = await next(session, "close");
            assert.equal(reason, "transport close");
        });

        for (const bad of ["9", "0{}", "5"]) {
            test(`"${bad}" is a parse error`, async () => {
                await next(open([name]), "open");
                server.session.send(bad);
                const [reason] = await next(session, "close");
                assert.equal(reason, "parse error");
            });
        }

        test("a bad open packet is a failure", async () => {
            server.hooks.handshake = (handshake) => (handshake.pingInterval = "soon");
            const [, error] = await next(open([name]), "close");
            assert.match(error.message, /invalid packet/);
        });

        test("the query is on every request, beside the protocol's own", async () => {
            await next(open([name], { query: { token: "a b", EIO: "3" } }), "open");
            session._send(["a"]);
            await until(() => server.session.packets.length);
            for (const { params } of server.requests) {
                assert.equal(params.token, "a b");
                assert.equal(params.EIO, "4");
                assert.equal(params.transport, name);
            }
        });
    });
}

test("nothing is sent past the deadline, though the timers stood still", async () => {
    await next(open(["polling"]), "open");
    mock.method(Date, "now", () => 8.64e15 / 2);
    session._send(["a"]);
    const [reason] = await next(session, "close");
    mock.restoreAll();
    assert.equal(reason, "ping timeout");
    assert.deepEqual(server.requests.filter(({ method }) => method === "POST"), []);
});
