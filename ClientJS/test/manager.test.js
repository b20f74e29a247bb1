// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Manager, io } from "../src/index.js";
import { transports } from "../src/transports/index.js";
import { FakeServer } from "./fake-server.js";
import { next, until } from "./support.js";

let server;
let manager;

beforeEach(async () => {
    server = await FakeServer.start();
});

afterEach(async () => {
    manager?.close();
    await server.stop();
});

const FAST = { reconnectionDelay: 5, reconnectionDelayMax: 10 };

function create(options = {}) {
    manager = new Manager(server.url, { ...FAST, ...options });
    return manager;
}

/** Notes the order of a manager's events. */
function record(names) {
    const heard = [];
    for (const name of names) {
        manager.on(name, (...args) => heard.push([name, ...args.filter((arg) => typeof arg !== "object")]));
    }
    return heard;
}

describe("namespaces", () => {
    test("share a connection, and each has its own name and events", async () => {
        create();
        const [a, b] = [manager.socket("/a"), manager.socket("/b")];
        assert.equal(manager.socket("/a"), a);
        await Promise.all([next(a, "connect"), next(b, "connect")]);
        assert.equal(server.sessions.size, 1);
        assert.notEqual(a.id, b.id);
        b.on("only-a", () => assert.fail());
        server.session.send('42/a,["only-a"]');
        await next(a, "only-a");
        b.emit("x", 1);
        await until(() => server.session.packets.includes('42/b,["x",1]'));
    });

    test("leave one by one; the last one closes the connection", async () => {
        create();
        const [a, b] = [manager.socket("/a"), manager.socket("/b")];
        await Promise.all([next(a, "connect"), next(b, "connect")]);
        const { session } = server;
        a.disconnect();
        await until(() => session.packets.includes("41/a,"));
        assert.ok(b.connected && !session.closed);
        b.disconnect();
        await until(() => session.closed);
        assert.deepEqual(session.packets.slice(-2), ["41/b,", "1"]);
        a.connect();
        await next(a, "connect");
    });

    test("that are added when the connection opens greet the server once", async () => {
        create();
        manager.on("open", () => manager.socket("/late"));
        const socket = manager.socket("/");
        await next(socket, "connect");
        await until(() => manager.socket("/late").connected);
        assert.deepEqual([...server.session.packets].sort(), ["40", "40/late,"]);
    });

    test("one may be refused while another lives", async () => {
        server.hooks.connect = (nsp) => `${nsp === "/a" ? "0" : "4"}${nsp},{"sid":"s","message":"Invalid namespace"}`;
        create();
        const [a, b] = [manager.socket("/a"), manager.socket("/b")];
        const [error] = await next(b, "connect_error");
        assert.equal(error.message, "Invalid namespace");
        await until(() => a.connected);
    });
});

describe("io()", () => {
    const made = [];
    const make = (...args) => {
        const socket = io(...args);
        made.push(socket);
        return socket;
    };
    afterEach(() => made.splice(0).forEach((socket) => socket.io.close()));

    test("shares a manager for an origin and path, unless told not to", () => {
        const options = { autoConnect: false };
        const first = make(server.url + "/a", options);
        assert.equal(make(server.url + "/b", options).io, first.io);
        assert.notEqual(make(server.url + "/c", { ...options, path: "/other" }).io, first.io);
        assert.notEqual(make(server.url + "/d", { ...options, forceNew: true }).io, first.io);
        assert.notEqual(make(server.url + "/e", { ...options, multiplex: false }).io, first.io);
        // A second socket for the same namespace has a connection of its own.
        assert.notEqual(make(server.url + "/a", options).io, first.io);
    });

    test("takes the path and the query", async () => {
        const socket = make(server.url + "/chat?room=1", { path: "/deep/er", forceNew: true });
        await next(socket, "connect");
        assert.equal(socket.nsp, "/chat");
        assert.equal(server.requests[0].path, "/deep/er/");
        assert.equal(server.requests[0].params.room, "1");
    });

    test("takes the page's server when it is given options only", async () => {
        globalThis.location = { protocol: "http:", host: `127.0.0.1:${server.port}` };
        const socket = make({ forceNew: true });
        delete globalThis.location;
        await next(socket, "connect");
    });

    test("has the names that pages use", () => {
        assert.equal(io.connect, io);
        assert.equal(io.Manager, Manager);
        assert.equal(io.protocol, 5);
    });
});

describe("reconnection", () => {
    test("tells each step", async () => {
        create();
        const socket = manager.socket("/");
        await next(socket, "connect");
        const heard = record(["close", "reconnect_attempt", "reconnect_error", "reconnect", "error", "open"]);
        let refusals = 2;
        server.hooks.upgrade = (request, connection) => refusals > 0 && connection.destroy();
        server.hooks.request = (request, response, { transport }) => {
            if (refusals > 0) {
                refusals -= transport === "polling";
                response.destroy();
                return true;
            }
        };
        const errors = [];
        socket.on("connect_error", (error) => errors.push(error));
        server.session.cut();
        await next(socket, "connect");
        assert.equal(heard[0][0], "close");
        assert.deepEqual(heard.slice(1), [
            ["reconnect_attempt", 1],
            ["error"],
            ["reconnect_error"],
            ["reconnect_attempt", 2],
            ["error"],
            ["reconnect_error"],
            ["reconnect_attempt", 3],
            ["open"],
            ["reconnect", 3],
        ]);
        assert.equal(errors.length, 2);
    });

    test("gives up after reconnectionAttempts, and says so once", async () => {
        await server.stop();
        create({ reconnectionAttempts: 2 });
        const heard = record(["reconnect_attempt", "reconnect_failed"]);
        manager.socket("/");
        await next(manager, "reconnect_failed");
        assert.deepEqual(heard, [["reconnect_attempt", 1], ["reconnect_attempt", 2], ["reconnect_failed"]]);
    });

    test("does not happen when it is off, or was closed", async () => {
        create({ reconnection: false });
        const socket = manager.socket("/");
        await next(socket, "connect");
        server.session.cut();
        await next(socket, "disconnect");
        manager.on("reconnect_attempt", () => assert.fail());
        socket.disconnect();
        socket.connect();
        await next(socket, "connect");
        manager.opts.reconnection = true;
        const gone = next(socket, "disconnect");
        manager.close();
        assert.deepEqual(await gone, ["forced close", undefined]);
        await new Promise((resolve) => setTimeout(resolve, 50));
        assert.equal(manager.engine, undefined);
    });

    test("may be stopped while it waits, and while it opens", async () => {
        create({ reconnectionDelay: 30, reconnectionDelayMax: 30 });
        const socket = manager.socket("/");
        await next(socket, "connect");
        server.session.cut();
        await next(socket, "disconnect");
        socket.disconnect();
        await new Promise((resolve) => setTimeout(resolve, 80));
        assert.equal(server.requests.length, 1);
        server.hooks.upgrade = () => true;
        socket.connect();
        await until(() => server.requests.length === 2);
        socket.disconnect();
        assert.equal(manager.engine, undefined);
        server.hooks.upgrade = () => false;
        socket.connect();
        await next(socket, "connect");
    });

    test("an attempt takes no longer than timeout", async () => {
        server.hooks.upgrade = () => true;
        create({ transports: ["websocket"], timeout: 50, reconnection: false });
        const socket = manager.socket("/");
        const [error] = await next(socket, "connect_error");
        assert.equal(error.message, "timeout");
    });

    test("the options have accessors", () => {
        create({ autoConnect: false });
        assert.equal(manager.reconnection(false).reconnectionDelay(7), manager);
        assert.deepEqual([manager.reconnection(), manager.reconnectionDelay(), manager.timeout()], [false, 7, 20000]);
    });

    test("the options are read anew", async () => {
        create({ query: { n: "1" } });
        const socket = manager.socket("/");
        await next(socket, "connect");
        manager.opts.query = { n: "2" };
        server.session.cut();
        await next(socket, "connect");
        assert.deepEqual(server.requests.map(({ params }) => params.n), ["1", "2"]);
    });
});

describe("the transport", () => {
    test("has a name, and an event when it came into use", async () => {
        create();
        assert.equal(manager.transport, undefined);
        assert.deepEqual(await next(manager, "transport"), ["websocket"]);
        assert.equal(manager.transport, "websocket");
        assert.equal(manager.engine.transport.name, "websocket");
        assert.equal(manager.engine.id, server.session.sid);
    });

    for (const name of Object.keys(transports).slice(1)) {
        test(`is switched to ${name} and back by a reconnection`, async () => {
            create();
            const socket = manager.socket("/");
            await next(socket, "connect");
            const lost = next(socket, "disconnect");
            const back = next(socket, "connect");
            await manager.switchTransport(name);
            assert.equal((await lost)[0], "transport close");
            await back;
            assert.equal(manager.transport, name);
            await until(() => server.sessions.size === 1);
            // It is preferred from then on.
            server.session.cut();
            await next(socket, "connect");
            assert.equal(manager.transport, name);
            await manager.switchTransport("websocket");
            assert.equal(manager.transport, "websocket");
            await manager.switchTransport("websocket");
        });
    }

    test("is switched at once while a reconnection waits, and while another is being tried", async () => {
        create({ reconnectionDelay: 60000, reconnectionDelayMax: 60000, transportTimeout: 60000 });
        const socket = manager.socket("/");
        await next(socket, "connect");
        server.session.cut();
        await next(socket, "disconnect");
        await manager.switchTransport("polling");
        await until(() => socket.connected);
        server.hooks.upgrade = () => true;
        manager.switchTransport("websocket").catch(() => {});
        await until(() => server.requests.filter(({ params }) => params.transport === "websocket").length === 2);
        await manager.switchTransport("sse");
        await until(() => socket.connected);
        assert.equal(manager.transport, "sse");
    });

    test("holds for the next connection when there is none", async () => {
        create({ autoConnect: false });
        const switched = manager.switchTransport("polling");
        manager.open();
        await switched;
        assert.equal(manager.transport, "polling");
    });

    test("is another when the wanted one fails, and the promise says so", async () => {
        create();
        const socket = manager.socket("/");
        await next(socket, "connect");
        server.hooks.request = (request, response, { transport }) =>
            transport === "sse" && response.writeHead(400).end();
        await assert.rejects(manager.switchTransport("sse"), /sse failed, websocket is in use/);
        await until(() => socket.connected);
        await assert.rejects(manager.switchTransport("pigeon"), /no transport "pigeon"/);
    });

    test("that worked is remembered when that is asked for", async () => {
        globalThis.localStorage = {};
        server.hooks.upgrade = (request, socket) => socket.destroy();
        create({ rememberTransport: true });
        await next(manager, "transport");
        manager.close();
        server.requests = [];
        create({ rememberTransport: true });
        assert.deepEqual(await next(manager, "transport"), ["sse"]);
        assert.equal(server.requests[0].params.transport, "sse");
        delete globalThis.localStorage;
    });
});

test("the heartbeat is told", async () => {
    create();
    await next(manager, "open");
    server.session.send("2");
    await next(manager, "ping");
});
