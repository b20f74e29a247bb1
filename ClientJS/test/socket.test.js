// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
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
    socket?.io.close();
    await server.stop();
});

function connect(options = {}, nsp = "") {
    socket = io(server.url + nsp, { forceNew: true, reconnectionDelay: 5, reconnectionDelayMax: 10, ...options });
    return socket;
}

/** The events that the server got in its latest session, as text. */
const events = () => (server.session?.packets ?? []).filter((packet) => /^4[2-6]/.test(packet));

for (const name of Object.keys(transports)) {
    describe(`over ${name}`, () => {
        const open = (options) => connect({ transports: [name], ...options });

        test("connects, emits, receives, acknowledges, disconnects", async () => {
            const socket = open({ auth: { token: "x" } });
            assert.deepEqual([socket.connected, socket.disconnected, socket.active, socket.id], [false, true, true, undefined]);
            await next(socket, "connect");
            assert.ok(socket.connected && socket.id);
            assert.equal(socket.io.transport, name);
            const { session } = server;
            assert.equal(session.packets[0], '40{"token":"x"}');

            const answer = socket.emitWithAck("sum", 1, 2);
            await until(() => events().includes('420["sum",1,2]'));
            session.send("430[3]");
            assert.equal(await answer, 3);

            session.send('427["ask",{"a":1}]');
            const [question, acknowledge] = await next(socket, "ask");
            assert.deepEqual(question, { a: 1 });
            acknowledge("yes", Uint8Array.of(5));
            acknowledge("twice");
            await until(() => session.packets.length === 4);
            assert.equal(session.packets[2], '461-7["yes",{"_placeholder":true,"num":0}]');

            session.send('451-["file",{"_placeholder":true,"num":0}]', Buffer.from([1, 2, 3]));
            const [file] = await next(socket, "file");
            assert.ok(file instanceof ArrayBuffer);
            assert.deepEqual([...new Uint8Array(file)], [1, 2, 3]);

            const gone = next(socket, "disconnect");
            socket.disconnect();
            assert.equal((await gone)[0], "io client disconnect");
            assert.deepEqual([socket.connected, socket.active, socket.id], [false, false, undefined]);
            await until(() => session.closed);
            assert.deepEqual(session.packets.slice(-2), ["41", "1"]);
        });

        test("what is emitted without a connection is sent with the next, in order", async () => {
            const socket = open();
            socket.emit("a", 1);
            socket.emit("b", Uint8Array.of(1));
            socket.emit("c", () => {});
            await until(() => events().length === 3);
            assert.deepEqual(events(), ['42["a",1]', '451-["b",{"_placeholder":true,"num":0}]', '420["c"]']);
            assert.deepEqual(socket.sendBuffer, []);
        });

        test("reconnects by itself, with a new handshake, and sends what was emitted meanwhile", async () => {
            const socket = open({ auth: (send) => send({ n: ++logins }) });
            let logins = 0;
            await next(socket, "connect");
            const { id } = socket;
            server.session.cut();
            const [reason] = await next(socket, "disconnect");
            assert.match(reason, /^transport (close|error)$/);
            assert.ok(socket.active && socket.disconnected && !socket.id);
            socket.emit("meanwhile");
            await next(socket, "connect");
            assert.notEqual(socket.id, id);
            await until(() => events().length);
            assert.deepEqual(server.session.packets, ['40{"n":2}', '42["meanwhile"]']);
        });

        test("a disconnect by the server is final until connect is called", async () => {
            const socket = open();
            await next(socket, "connect");
            server.session.send("41");
            assert.equal((await next(socket, "disconnect"))[0], "io server disconnect");
            assert.equal(socket.active, false);
            socket.connect();
            await next(socket, "connect");
        });

        test("engine.close() says goodbye after what was emitted, and reconnects", async () => {
            const socket = open();
            await next(socket, "connect");
            const { session } = server;
            const gone = next(socket, "disconnect");
            socket.emit("before");
            await until(() => events().length);
            socket.io.engine.close();
            assert.equal((await gone)[0], "forced close");
            assert.ok(socket.active);
            socket.emit("after");
            await next(socket, "connect");
            await until(() => session.closed && events().length);
            assert.deepEqual([session.packets, server.session.packets], [["40", '42["before"]', "1"], ["40", '42["after"]']]);
        });

        test("a malformed packet is a parse error, and reconnects", async () => {
            const socket = open();
            await next(socket, "connect");
            server.session.send('42["connect"]');
            const [reason, error] = await next(socket, "disconnect");
            assert.equal(reason, "parse error");
            assert.match(error.message, /invalid payload/);
            await next(socket, "connect");
        });
    });
}

describe("emit", () => {
    test("reserved names throw", () => {
        const socket = connect();
        for (const name of ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]) {
            assert.throws(() => socket.emit(name), /reserved event name/);
        }
    });

    test("what JSON cannot hold throws where it was emitted, and uses up nothing", async () => {
        const socket = connect();
        const circle = {};
        circle.circle = circle;
        assert.throws(() => socket.emit("a", circle, () => {}), TypeError);
        assert.throws(() => socket.emit("a", 1n), TypeError);
        socket.emit("b");
        await until(() => events().length);
        assert.deepEqual(events(), ['42["b"]']);
    });

    test("the buffer has a bound, and says so", async () => {
        const socket = connect({ sendBufferLimit: 90, autoConnect: false });
        socket.emit("a", "x".repeat(20));
        socket.emit("b", new Uint8Array(5));
        assert.throws(() => socket.emit("c", "x".repeat(20)), /send buffer is full/);
        socket.sendBuffer = [];
        socket.emit("d", "x".repeat(20));
        socket.connect();
        await until(() => events().length);
        assert.equal(events().length, 1);
    });

    test("arguments are taken as they are when it is called", async () => {
        const socket = connect();
        const argument = { n: 1 };
        socket.emit("a", argument);
        argument.n = 2;
        await until(() => events().length);
        assert.deepEqual(events(), ['42["a",{"n":1}]']);
    });

    test("send emits message", async () => {
        connect().send(1, "2");
        await until(() => events().length);
        assert.deepEqual(events(), ['42["message",1,"2"]']);
    });

    test("volatile events are dropped without a connection", async () => {
        const socket = connect();
        socket.volatile.emit("gone");
        await assert.rejects(socket.volatile.emitWithAck("gone"), /dropped/);
        socket.emit("kept");
        await next(socket, "connect");
        socket.volatile.emit("now");
        socket.volatile.emit("now too");
        await until(() => events().length === 3);
        assert.deepEqual(events(), ['42["kept"]', '42["now"]', '42["now too"]']);
    });

    test("volatile events are dropped while a POST is under way", async () => {
        const socket = connect({ transports: ["polling"] });
        await next(socket, "connect");
        let release;
        server.session.beforeOk = () => new Promise((resolve) => (release = resolve));
        socket.emit("slow");
        await until(() => release);
        socket.volatile.emit("dropped");
        socket.emit("kept");
        release();
        server.session.beforeOk = undefined;
        await until(() => events().length === 2);
        assert.deepEqual(events(), ['42["slow"]', '42["kept"]']);
    });

    test("compress changes nothing", () => {
        const socket = connect();
        assert.equal(socket.compress(false), socket);
    });
});

describe("acknowledgements", () => {
    test("a callback without a timeout gets the values alone", async () => {
        const socket = connect();
        await next(socket, "connect");
        const answer = new Promise((resolve) => socket.emit("a", (...args) => resolve(args)));
        await until(() => events().length);
        server.session.send("430[1,2]", "430[3]", "4399[4]");
        assert.deepEqual(await answer, [1, 2]);
    });

    test("a callback with a timeout gets null and the values, or an error", async () => {
        const socket = connect();
        await next(socket, "connect");
        const answer = new Promise((resolve) => socket.timeout(5000).emit("a", (...args) => resolve(args)));
        await until(() => events().length);
        server.session.send("430[1]");
        assert.deepEqual(await answer, [null, 1]);
        const [error] = await new Promise((resolve) => socket.timeout(10).emit("a", (...args) => resolve(args)));
        assert.match(error.message, /timed out/);
        server.session.send("431[1]");
    });

    test("what a handler throws is an error, but for a callback that takes none", async () => {
        const socket = connect({ retries: 1, ackTimeout: 5000 });
        await next(socket, "connect");
        const answer = '{"error":{"name":"EventError","message":"no","code":"forbidden","data":[1]}}';
        const isIt = ({ name, message, code, data }) => {
            assert.deepEqual([name, message, code, data], ["EventError", "no", "forbidden", [1]]);
            return true;
        };
        const promise = socket.emitWithAck("a");
        await until(() => events().length === 1);
        server.session.send(`430[${answer}]`);
        await assert.rejects(promise, (error) => error instanceof Error && isIt(error));
        const [error, value] = await new Promise((resolve) => {
            socket.timeout(5000).emit("a", (...args) => resolve(args));
            until(() => events().length === 2).then(() => server.session.send(`431[${answer}]`));
        });
        assert.ok(isIt(error) && value.error.message === "no");
        // It is an answer: the event is not sent again.
        assert.equal(events().length, 2);
    });

    test("a callback that takes no error gets the answer, and so does everybody if the error is another server's", async () => {
        const socket = connect();
        await next(socket, "connect");
        const called = new Promise((resolve) => socket.emit("a", resolve));
        const promise = socket.emitWithAck("a");
        await until(() => events().length === 2);
        server.session.send('430[{"error":{"name":"EventError","message":"no"}}]', '431[{"error":{"message":"mine"}}]');
        assert.equal((await called).error.message, "no");
        assert.deepEqual(await promise, { error: { message: "mine" } });
    });

    test("ackTimeout is the timeout of every emit", async () => {
        const socket = connect({ ackTimeout: 10 });
        await next(socket, "connect");
        const [error] = await new Promise((resolve) => socket.emit("a", (...args) => resolve(args)));
        assert.match(error.message, /timed out/);
        await assert.rejects(socket.emitWithAck("a"), /timed out/);
    });

    test("a timeout takes the event out of the buffer", async () => {
        const socket = connect({ autoConnect: false });
        socket.emit("kept");
        await assert.rejects(socket.timeout(10).emitWithAck("late"), /timed out/);
        socket.connect();
        await until(() => events().length);
        assert.deepEqual(events(), ['42["kept"]']);
    });

    test("a lost connection fails those that were sent, and not those that wait", async () => {
        const socket = connect();
        await next(socket, "connect");
        const callback = mock.fn();
        const sent = socket.emitWithAck("a");
        const timed = new Promise((resolve) => socket.timeout(60000).emit("a", resolve));
        socket.emit("a", callback);
        await until(() => events().length === 3);
        socket.once("disconnect", () => (waiting = socket.emitWithAck("b")));
        let waiting;
        server.session.cut();
        await assert.rejects(sent, /socket has been disconnected/);
        assert.match((await timed).message, /socket has been disconnected/);
        await until(() => events().length);
        server.session.send("433[7]");
        assert.equal(await waiting, 7);
        assert.equal(callback.mock.callCount(), 0);
    });
});

describe("catch-all listeners", () => {
    test("hear every event that comes, in their order, and can be taken off", async () => {
        const socket = connect();
        await next(socket, "connect");
        const heard = [];
        const second = (...args) => heard.push(["second", ...args]);
        socket.onAny(second).prependAny((event) => heard.push(["first", event]));
        assert.equal(socket.listenersAny().length, 2);
        server.session.emitEvent("a", 1);
        await next(socket, "a");
        assert.deepEqual(heard, [["first", "a"], ["second", "a", 1]]);
        socket.offAny(second);
        assert.equal(socket.listenersAny().length, 1);
        socket.offAny();
        server.session.emitEvent("a", 1);
        await next(socket, "a");
        assert.equal(heard.length, 2);
    });

    test("hear every event that is sent, when it is sent", async () => {
        const socket = connect();
        const heard = [];
        const second = (...args) => heard.push(args);
        socket.onAnyOutgoing(second).prependAnyOutgoing((event) => heard.push(event));
        assert.equal(socket.listenersAnyOutgoing().length, 2);
        socket.emit("a", 1);
        assert.deepEqual(heard, []);
        await next(socket, "connect");
        assert.deepEqual(heard, ["a", ["a", 1]]);
        socket.offAnyOutgoing(second).offAnyOutgoing();
        socket.emit("b");
        assert.equal(heard.length, 2);
    });
});

describe("the handshake", () => {
    test("a refusal reports message and data, and does not reconnect", async () => {
        server.hooks.connect = () => '4{"message":"Not authorized","data":{"code":"E_AUTH"}}';
        const socket = connect();
        const [error] = await next(socket, "connect_error");
        assert.ok(error instanceof Error);
        assert.equal(error.message, "Not authorized");
        assert.deepEqual(error.data, { code: "E_AUTH" });
        assert.equal(socket.active, false);
    });

    test("events that come before its answer wait for it", async () => {
        server.hooks.connect = () => undefined;
        const socket = connect();
        const order = [];
        socket.on("early", () => order.push("early"));
        await until(() => server.session?.packets.length);
        server.session.emitEvent("early");
        await until(() => socket.receiveBuffer.length);
        assert.deepEqual(order, []);
        server.session.send('40{"sid":"s"}');
        await next(socket, "connect");
        assert.deepEqual(order, ["early"]);
    });

    test("a slow auth function answers for its own connection only", async () => {
        const sends = [];
        const socket = connect({ auth: (send) => sends.push(send) });
        await until(() => sends.length === 1);
        server.session.cut();
        await until(() => sends.length === 2);
        sends[0]({ old: true });
        sends[1]({ old: false });
        await next(socket, "connect");
        assert.deepEqual(server.session.packets, ['40{"old":false}']);
    });

    test("the state of the connection is recovered where the server offers it", async () => {
        server.hooks.connect = () => '0{"sid":"S","pid":"P"}';
        const socket = connect({ auth: { a: 1 } });
        await next(socket, "connect");
        assert.equal(socket.recovered, false);
        server.session.emitEvent("news", 1, "offset-1");
        await next(socket, "news");
        server.session.cut();
        await next(socket, "connect");
        assert.equal(server.session.packets[0], '40{"pid":"P","offset":"offset-1","a":1}');
        assert.equal(socket.recovered, true);
        server.hooks.connect = () => '0{"sid":"T","pid":"Q"}';
        server.session.cut();
        await next(socket, "connect");
        assert.equal(socket.recovered, false);
    });

    test("a refusal in between does not cost the recovery", async () => {
        const answers = (own) => (server.hooks.connect = (nsp) => (nsp === "/" ? own() : '0/other,{"sid":"O"}'));
        answers(() => '0{"sid":"S","pid":"P"}');
        const socket = connect({ auth: { token: "old" } });
        // Keeps the connection when that is refused.
        await next(socket.io.socket("/other"), "connect");
        await until(() => socket.connected);
        server.session.emitEvent("news", 1, "offset-1");
        await next(socket, "news");
        answers(() => '4{"message":"expired"}');
        server.session.cut();
        await next(socket, "connect_error");
        const news = next(socket, "news");
        answers(() => {
            server.session.emitEvent("news", 2, "offset-2");
            return '0{"sid":"S","pid":"P"}';
        });
        socket.auth = { token: "new" };
        socket.connect();
        assert.deepEqual(await news, [2, "offset-2"]);
        assert.equal(server.session.packets.at(-1), '40{"pid":"P","offset":"offset-1","token":"new"}');
        assert.equal(socket.recovered, true);
    });

    test("an answer of the older protocol is an error", async () => {
        server.hooks.connect = () => "0";
        const [error] = await next(connect(), "connect_error");
        assert.match(error.message, /older/);
    });
});

test("connect and disconnect may be called at any time, any number of times", async () => {
    const socket = connect({ autoConnect: false });
    socket.disconnect();
    socket.connect().connect().open();
    socket.disconnect();
    socket.connect();
    await next(socket, "connect");
    socket.close().close();
    socket.connect();
    await next(socket, "connect");
    await until(() => server.sessions.size === 1);
});

test("a listener that throws loses no packet", async () => {
    const socket = connect({ transports: ["polling"] });
    await next(socket, "connect");
    const original = queueMicrotask;
    const thrown = [];
    globalThis.queueMicrotask = (task) =>
        original(() => {
            try {
                task();
            } catch (error) {
                thrown.push(error.message);
            }
        });
    socket.on("a", (n) => {
        throw new Error("mine " + n);
    });
    server.session.send('42["a",1]', '42["a",2]', '42["b"]');
    await next(socket, "b");
    await until(() => thrown.length === 2);
    globalThis.queueMicrotask = original;
    assert.deepEqual(thrown, ["mine 1", "mine 2"]);
    assert.ok(socket.connected);
});
