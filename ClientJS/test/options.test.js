// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// What a page gives, in each of the types that it may have, or should not have.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { Manager, io } from "../src/index.js";
import { FakeServer } from "./fake-server.js";
import { next, until } from "./support.js";

let server;
let managers;

beforeEach(async () => {
    server = await FakeServer.start();
    managers = [];
});

afterEach(async () => {
    managers.forEach((manager) => manager.close());
    await server.stop();
});

function create(options, ...more) {
    const manager = new Manager(server.url, { reconnectionDelay: 5, reconnectionDelayMax: 10, ...options }, ...more);
    managers.push(manager);
    return manager;
}

describe("query", () => {
    for (const [what, query] of [
        ["an object", { token: "a b", n: 5 }],
        ["a text", "token=a%20b&n=5"],
        ["a text as an address has it", "?token=a+b&n=5"],
        ["URLSearchParams", new URLSearchParams({ token: "a b", n: "5" })],
    ]) {
        test(`is ${what}`, async () => {
            await next(create({ query }), "open");
            const { EIO, t, transport, resume, ...own } = server.requests[0].params;
            assert.deepEqual(own, { token: "a b", n: "5" });
        });
    }

    test("is read anew, whatever it is by then", async () => {
        const manager = create({ query: { n: 1 } });
        manager.socket("/");
        await next(manager, "open");
        manager.opts.query = "n=2";
        server.session.cut();
        await next(manager, "open");
        manager.opts.query = null;
        server.session.cut();
        await next(manager, "open");
        assert.deepEqual(server.requests.map(({ params }) => params.n), ["1", "2", undefined]);
    });
});

describe("an option that is undefined or null", () => {
    for (const nothing of [undefined, null]) {
        test(`is the default: ${nothing}`, async () => {
            const names = Object.keys(create({ autoConnect: false }).opts);
            const manager = create(Object.fromEntries(names.map((name) => [name, nothing])));
            const { query, ...opts } = manager.opts;
            const { query: _, ...defaults } = new Manager(server.url, { autoConnect: false }).opts;
            // It connects by itself, too.
            assert.deepEqual(opts, { ...defaults, autoConnect: true });
            await next(manager, "open");
        });
    }

    test("limits what is kept as ever", () => {
        const manager = create({ autoConnect: false, sendBufferLimit: 100 });
        const socket = manager.socket("/", { sendBufferLimit: undefined });
        assert.throws(() => socket.emit("a", "x".repeat(200)), /send buffer is full/);
    });
});

describe("the parameter that makes an address unique", () => {
    for (const transport of ["websocket", "sse", "polling"]) {
        for (const [options, name] of [
            [{}, "t"],
            [{ timestampParam: "stamp" }, "stamp"],
            [{ timestampRequests: true, timestampParam: undefined }, "t"],
            [{ timestampRequests: false, timestampParam: "stamp" }, undefined],
        ]) {
            test(`is ${name} over ${transport} with ${JSON.stringify(options)}`, async () => {
                const socket = create({ transports: [transport], ...options }).socket("/");
                await next(socket, "connect");
                for (const { params } of server.requests) {
                    const { EIO, sid, transport, resume, ...stamp } = params;
                    assert.deepEqual(Object.keys(stamp), name ? [name] : []);
                }
            });
        }
    }
});

test("a path may end without a slash", async () => {
    for (const [addTrailingSlash, path] of [[false, "/socket.io"], [undefined, "/socket.io/"], [null, "/socket.io/"]]) {
        const manager = create({ addTrailingSlash });
        await next(manager, "open");
        assert.equal(server.requests.at(-1).path, path);
    }
});

test("transports may be the name of one", async () => {
    const manager = create({ transports: "polling" });
    await next(manager, "open");
    assert.equal(manager.transport, "polling");
});

test("a namespace begins with a slash, and is the main one by that alone", () => {
    const manager = create({ autoConnect: false });
    assert.equal(manager.socket("chat"), manager.socket("/chat"));
    assert.equal(manager.socket(""), manager.socket("/"));
});

for (const name of [undefined, null, {}, Symbol("a"), () => {}]) {
    test(`an event's name is no ${typeof name}: ${String(name)}`, () => {
        assert.throws(() => create({ autoConnect: false }).socket("/").emit(name, 1), /names are strings/);
    });
}

test("a manager may be made of options alone, and of a URL", async () => {
    globalThis.location = { protocol: "http:", host: `127.0.0.1:${server.port}` };
    const manager = new Manager({ path: "/deep" });
    delete globalThis.location;
    managers.push(manager);
    await next(manager, "open");
    assert.equal(server.requests[0].path, "/deep/");
    assert.equal(manager.uri, server.url);
    const socket = io(new URL("/chat", server.url), { forceNew: true });
    managers.push(socket.io);
    await next(socket, "connect");
    assert.deepEqual([socket.nsp, socket.io.uri], ["/chat", server.url + "/chat"]);
});

describe("io.managers", () => {
    afterEach(() => Object.keys(io.managers).forEach((key) => delete io.managers[key]));

    test("holds those that are shared, and finds them however the path is written", () => {
        const options = { autoConnect: false };
        const shared = io(server.url + "/a", options).io;
        io(server.url + "/b", { ...options, forceNew: true });
        assert.deepEqual(Object.values(io.managers), [shared]);
        for (const path of ["/socket.io/", "/socket.io", "socket.io"]) {
            assert.equal(io(`${server.url}/${Math.random()}`, { ...options, path }).io, shared);
        }
    });
});

describe("a user and a password in the address", () => {
    afterEach(() => Object.keys(io.managers).forEach((key) => delete io.managers[key]));

    for (const transport of ["websocket", "sse", "polling"]) {
        test(`do not keep ${transport} from connecting, nor the connection from being shared`, async () => {
            const options = { transports: [transport] };
            const socket = io(server.url.replace("//", "//user:p%40ss@") + "/a", options);
            managers.push(socket.io);
            await next(socket, "connect");
            assert.equal(io(server.url + "/b", options).io, socket.io);
            assert.equal(io(server.url.replace("//", "//other@") + "/c", options).io, socket.io);
            assert.ok(server.requests.every(({ headers }) => !headers.authorization));
        });
    }
});

describe("maxAttachments", () => {
    const files = (count) => Array.from({ length: count }, (_, i) => Uint8Array.of(i));
    const text = (type, count) =>
        `4${type}${count}-${type === 5 ? "" : 7}[` + (type === 5 ? '"files",' : "") +
        files(count).map((_, num) => `{"_placeholder":true,"num":${num}}`) + "]";

    for (const [given, max] of [[undefined, 10], [2, 2], [12, 12], [0, 0]]) {
        test(`of ${given} is what an event may have: ${max}`, async () => {
            const socket = create({ maxAttachments: given }).socket("/");
            assert.throws(() => socket.emit("files", ...files(max + 1)), /too many attachments/);
            await assert.rejects(socket.emitWithAck("files", files(max + 1)), /too many attachments/);
            await next(socket, "connect");
            const { session } = server;
            assert.throws(() => socket.emit("files", ...files(max + 1), () => {}), /too many attachments/);
            socket.emit("files", ...files(max));
            socket.emit("last");
            await until(() => session.packets.includes('42["last"]'));
            const [first, ...attachments] = session.packets.slice(1, -1);
            assert.equal(first, max ? text(5, max) : '42["files"]');
            assert.deepEqual(attachments, files(max).map((bytes) => Buffer.from(bytes)));
        });

        test(`of ${given} is what an answer may have: past it another may be given`, async () => {
            const socket = create({ maxAttachments: given }).socket("/");
            await next(socket, "connect");
            const { session } = server;
            session.send('427["question"]');
            const [answer] = await next(socket, "question");
            assert.throws(() => answer(...files(max + 1)), /too many attachments/);
            answer(...files(max));
            await until(() => session.packets.length === max + 2);
            assert.equal(session.packets[1], max ? text(6, max) : "437[]");
        });

        test(`of ${given} is what may come in`, async () => {
            const socket = create({ maxAttachments: given, reconnection: false }).socket("/");
            await next(socket, "connect");
            const { session } = server;
            session.send(max ? text(5, max) : '42["files"]', ...files(max).map((bytes) => Buffer.from(bytes)));
            assert.equal((await next(socket, "files")).length, max);
            session.send(text(5, max + 1));
            const [reason, error] = await next(socket, "disconnect");
            assert.deepEqual([reason, error.message], ["parse error", "too many attachments"]);
        });
    }
});

describe("transportOptions", () => {
    test("hold for their transport, before those for all", async () => {
        const manager = create({
            transports: ["polling"],
            extraHeaders: { "x-mine": "all", "x-other": "1" },
            transportOptions: { polling: { extraHeaders: { "x-mine": "polling" } }, sse: { extraHeaders: { "x-mine": "sse" } } },
        });
        manager.socket("/");
        await until(() => server.requests.some(({ method }) => method === "POST"));
        for (const { headers } of server.requests) {
            assert.deepEqual([headers["x-mine"], headers["x-other"]], ["polling", undefined]);
        }
    });

    test("leave the other transports as they are", async () => {
        const manager = create({ transports: ["sse"], extraHeaders: { "x-mine": "all" }, transportOptions: { polling: { extraHeaders: {} } } });
        manager.socket("/");
        await until(() => server.requests.some(({ method }) => method === "POST"));
        assert.equal(server.requests.find(({ method }) => method === "POST").headers["x-mine"], "all");
    });
});

describe("the console", () => {
    let warnings;

    beforeEach(() => {
        warnings = [];
        mock.method(console, "warn", (text) => warnings.push(text));
    });

    afterEach(() => mock.restoreAll());

    test("names an option that does nothing, once", () => {
        create({ autoConnect: false, forceBase64: true, reconectionDelay: 5 });
        create({ autoConnect: false, forceBase64: true }).socket("/", { retrees: 1 });
        assert.deepEqual(warnings, [
            'Martlet ignores the option "forceBase64"',
            'Martlet ignores the option "reconectionDelay": is it "reconnectionDelay"?',
            'Martlet ignores the option "retrees": is it "retries"?',
        ]);
    });

    for (const [name, near] of [
        ["forcenew", "forceNew"],
        ["reconnectionDelayMx", "reconnectionDelayMax"],
        ["reconnectDelay", undefined],
        ["withCredential", "withCredentials"],
        ["xpath", "path"],
        ["ackTimeuot", "ackTimeout"],
        ["transport", "transports"],
        ["a", undefined],
        ["", undefined],
        ["x".repeat(100000), undefined],
        ["reties", "retries"],
        // That one was warned of is not a name that may be meant.
        ["somethingElse", undefined],
        ["somethingElze", undefined],
    ]) {
        test(`names ${near} for ${name.slice(0, 30)}`, () => {
            create({ autoConnect: false, [name]: 1 });
            assert.deepEqual(warnings, [`Martlet ignores the option "${name}"` + (near ? `: is it "${near}"?` : "")]);
        });
    }

    test("names none of those that are declared", () => {
        const declaration = readFileSync(new URL("../martlet.d.ts", import.meta.url), "utf8");
        const interfaces = [...declaration.matchAll(/export interface (?:\w*Options)\b[^{]*\{\n(.*?)\n\}/gs)];
        const names = interfaces.flatMap(([, body]) => [...body.matchAll(/^    (\w+)\?:/gm)].map(([, name]) => name));
        assert.equal(interfaces.length, 4);
        assert.ok(names.length > 20);
        io(server.url, { ...Object.fromEntries(names.map((name) => [name, undefined])), autoConnect: false, forceNew: true });
        assert.deepEqual(warnings, []);
    });
});

describe("auth", () => {
    const circle = {};
    circle.circle = circle;
    const unfit = [
        ["binary data", { token: Uint8Array.of(1, 2, 3) }, /binary data/],
        ["binary data, from a function", (send) => send({ token: new ArrayBuffer(1) }), /binary data/],
        ["binary data, from a function that takes its time", (send) => setTimeout(send, 10, { a: [new Blob(["a"])] }), /binary data/],
        ["nothing but binary data", Uint8Array.of(1), /binary data/],
        ["a text", "secret", /not an object/],
        ["a list", ["secret"], /not an object/],
        ["what JSON cannot hold", circle, /circular/],
        ["what a function throws instead", () => { throw new Error("signed out"); }, /signed out/],
        ["what an asynchronous function throws", async () => { throw new Error("signed out"); }, /signed out/],
    ];
    for (const [what, auth, message] of unfit) {
        test(`of ${what} is an error of that namespace alone, and not tried again`, async () => {
            const manager = create();
            const wrong = manager.socket("/wrong", { auth });
            const right = manager.socket("/right", { auth: { token: "x" } });
            const [[error]] = await Promise.all([next(wrong, "connect_error"), next(right, "connect")]);
            assert.match(error.message, message);
            assert.equal(wrong.active, false);
            server.session.send("2");
            await next(manager, "ping");
            assert.deepEqual(server.session.packets.filter((packet) => packet[0] === "4"), ['40/right,{"token":"x"}']);
            wrong.auth = { token: "y" };
            wrong.connect();
            await next(wrong, "connect");
            assert.equal(server.sessions.size, 1);
        });
    }

    test("of a function that throws when it has answered is the page's to hear", async () => {
        const original = queueMicrotask;
        const thrown = new Promise((resolve) => {
            globalThis.queueMicrotask = (task) =>
                original(() => {
                    try {
                        task();
                    } catch (error) {
                        resolve(error);
                    }
                });
        });
        const socket = create().socket("/", {
            auth: async (send) => {
                send({});
                await next(socket, "connect");
                throw new Error("afterwards");
            },
        });
        assert.equal((await thrown).message, "afterwards");
        globalThis.queueMicrotask = original;
        assert.ok(socket.connected);
    });

    test("that stays wrong does not block the page, though a listener connects again at once", async () => {
        const manager = create();
        await next(manager.socket("/"), "connect");
        const wrong = manager.socket("/wrong", { auth: "secret" });
        let calls = 0;
        wrong.on("connect_error", () => ++calls < 10000 && wrong.connect());
        await next(wrong, "connect_error");
        await new Promise((resolve) => setTimeout(resolve, 10));
        wrong.disconnect();
        assert.ok(calls < 100, String(calls));
    });

    test("that is wrong in the only namespace closes the connection", async () => {
        const manager = create();
        const heard = [];
        for (const event of ["open", "close", "reconnect_attempt"]) {
            manager.on(event, () => heard.push(event));
        }
        const socket = manager.socket("/", { auth: { token: Uint8Array.of(1) } });
        await next(socket, "connect_error");
        assert.equal(manager.engine, undefined);
        await until(() => !server.sessions.size);
        assert.deepEqual(heard, ["open", "close"]);
    });

    for (const nothing of [null, undefined, "", false]) {
        test(`may be missing: ${JSON.stringify(nothing)}`, async () => {
            await next(create().socket("/", { auth: nothing }), "connect");
            assert.equal(server.session.packets[0], "40");
            await next(create().socket("/", { auth: (send) => send(nothing) }), "connect");
            assert.equal(server.session.packets[0], "40");
        });
    }
});
