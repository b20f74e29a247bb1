// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// A Socket.IO server inside the test's process, for what is hard to time against a real one: every request goes
// through hooks that may stall, refuse or cut it, and every session is at the test's command.

import { createHash, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { EventEmitter, once } from "node:events";

const SEPARATOR = "\x1e";

/**
 * Hooks, each may be set at any time:
 * - `request(request, response, params)`: true when it has taken the request over;
 * - `upgrade(request, socket, params)`: the same for WebSockets;
 * - `handshake(open)`: may change the fields of the open packet;
 * - `connect(nsp, auth)`: what answers CONNECT, an engine message's text; undefined: nothing does.
 *
 * Events: `session` (session).
 */
export class FakeServer extends EventEmitter {
    hooks = {
        request: () => false,
        upgrade: () => false,
        handshake: () => {},
        connect: (nsp) => `0${nsp === "/" ? "" : nsp + ","}${JSON.stringify({ sid: randomUUID() })}`,
    };
    open = { pingInterval: 25000, pingTimeout: 20000, maxPayload: 1000000 };
    sessions = new Map();
    /** What was asked: method, params, headers, body. */
    requests = [];
    #sockets = new Set();

    static async start() {
        const server = new FakeServer();
        server.http = createServer((request, response) => server.#request(request, response));
        server.http.on("upgrade", (request, socket) => server.#upgrade(request, socket));
        server.http.on("connection", (socket) => {
            server.#sockets.add(socket);
            socket.on("close", () => server.#sockets.delete(socket));
            socket.on("error", () => {});
        });
        server.http.listen(0, "127.0.0.1");
        await once(server.http, "listening");
        server.port = server.http.address().port;
        server.url = `http://127.0.0.1:${server.port}`;
        return server;
    }

    /** Stops listening and cuts every connection. */
    async stop() {
        this.http.close();
        this.cut();
    }

    cut() {
        for (const socket of this.#sockets) {
            socket.destroy();
        }
    }

    get session() {
        return [...this.sessions.values()].at(-1);
    }

    #log(request) {
        const params = Object.fromEntries(new URL(request.url, "http://x").searchParams);
        const entry = { method: request.method, path: request.url.split("?")[0], params, headers: request.headers };
        this.requests.push(entry);
        return entry;
    }

    #handshake(transport, extra = {}) {
        const open = { sid: randomUUID(), upgrades: [], ...this.open, ...extra };
        this.hooks.handshake(open);
        const session = new FakeSession(this, open.sid, transport);
        this.sessions.set(open.sid, session);
        session.send("0" + JSON.stringify(open));
        this.emit("session", session);
        return session;
    }

    async #request(request, response) {
        const entry = this.#log(request);
        const { params } = entry;
        const headers = { "access-control-allow-origin": "*", "access-control-allow-headers": "*", "cache-control": "no-store" };
        if (this.hooks.request(request, response, params)) {
            return;
        }
        if (request.method === "OPTIONS") {
            response.writeHead(204, headers).end();
            return;
        }
        const refuse = (code, message) =>
            response.writeHead(400, { ...headers, "content-type": "application/json" }).end(JSON.stringify({ code, message }));
        if (params.sid && !this.sessions.has(params.sid)) {
            return refuse(1, "Session ID unknown");
        }
        if (request.method === "POST") {
            const chunks = [];
            for await (const chunk of request) {
                chunks.push(chunk);
            }
            entry.body = Buffer.concat(chunks).toString();
            const session = this.sessions.get(params.sid);
            if (session.posting) {
                return refuse(3, "two POSTs at a time");
            }
            session.posting = true;
            await session.beforeOk?.(entry.body);
            session.posting = false;
            for (const packet of entry.body.split(SEPARATOR)) {
                session.received(packet);
            }
            response.writeHead(200, { ...headers, "content-type": "text/html" }).end("ok");
            return;
        }
        const session = this.sessions.get(params.sid) ?? this.#handshake(params.transport);
        if (params.transport === "sse") {
            response.writeHead(200, { ...headers, "content-type": "text/event-stream" });
            response.write(": hello\n\n");
            session.attachStream(response);
        } else if (session.response) {
            refuse(3, "two GETs at a time");
        } else {
            session.attachPoll(response, { ...headers, "content-type": "text/plain; charset=UTF-8" });
        }
    }

    #upgrade(request, socket) {
        const { params } = this.#log(request);
        if (this.hooks.upgrade(request, socket, params)) {
            return;
        }
        const key = createHash("sha1").update(request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
        socket.write(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
                `Sec-WebSocket-Accept: ${key.digest("base64")}\r\n\r\n`
        );
        this.#handshake("websocket").attachSocket(socket);
    }
}

/** One Engine.IO session. Events: `packet` (text or bytes), `close`. */
class FakeSession extends EventEmitter {
    constructor(server, sid, transport) {
        super();
        this.server = server;
        this.sid = sid;
        this.transport = transport;
        this.packets = [];
        this.queue = [];
        this.closed = false;
    }

    /** Sends an engine packet: a text, or bytes. */
    send(...packets) {
        this.queue.push(...packets);
        this.#flush();
        return this;
    }

    /** Sends an event of the main namespace. */
    emitEvent(...args) {
        return this.send("42" + JSON.stringify(args));
    }

    /** The server's goodbye, or silence: the connection is cut. */
    cut() {
        this.end();
        (this.socket ?? this.response ?? this.stream)?.destroy();
    }

    end() {
        this.server.sessions.delete(this.sid);
        this.closed = true;
        this.emit("close");
    }

    received(packet) {
        this.packets.push(packet);
        if (packet === "1") {
            this.response?.end("6");
            this.stream?.end();
            this.socket?.end();
            this.end();
        } else if (typeof packet === "string" && packet.startsWith("40")) {
            const [, nsp, auth] = /^40(?:(\/[^,]*),?)?(.*)$/.exec(packet);
            const answer = this.server.hooks.connect(nsp ?? "/", auth ? JSON.parse(auth) : undefined);
            if (answer !== undefined) {
                this.send("4" + answer);
            }
        }
        this.emit("packet", packet);
    }

    attachPoll(response, headers) {
        this.response = response;
        this.headers = headers;
        response.on("close", () => (this.response = undefined));
        this.#flush();
    }

    attachStream(response) {
        this.stream = response;
        this.#flush();
    }

    attachSocket(socket) {
        this.socket = socket;
        let buffer = Buffer.alloc(0);
        let opcode = 0;
        const fragments = [];
        socket.on("data", (chunk) => {
            buffer = Buffer.concat([buffer, chunk]);
            for (let frame; (frame = readFrame(buffer)); buffer = frame.rest) {
                if (frame.opcode === 8) {
                    socket.end(writeFrame(8, frame.payload));
                    continue;
                }
                // Chromium sends a large message in several frames.
                opcode ||= frame.opcode;
                fragments.push(frame.payload);
                if (frame.final) {
                    const message = Buffer.concat(fragments.splice(0));
                    this.received(opcode === 1 ? message.toString() : message);
                    opcode = 0;
                }
            }
        });
        socket.on("close", () => !this.closed && this.end());
        this.#flush();
    }

    #flush() {
        const text = (packet) => (typeof packet === "string" ? packet : "b" + packet.toString("base64"));
        if (!this.queue.length) {
            return;
        }
        if (this.socket) {
            for (const packet of this.queue) {
                this.socket.write(writeFrame(typeof packet === "string" ? 1 : 2, Buffer.from(packet)));
            }
        } else if (this.stream) {
            for (const packet of this.queue) {
                this.stream.write(`data: ${text(packet)}\n\n`);
            }
        } else if (this.response) {
            this.response.writeHead(200, this.headers).end(this.queue.map(text).join(SEPARATOR));
            this.response = undefined;
        } else {
            return;
        }
        this.queue = [];
    }
}

/** The first frame of what has come in from a client, whose frames are masked. */
function readFrame(buffer) {
    if (buffer.length < 2) {
        return undefined;
    }
    let length = buffer[1] & 127;
    let start = 2;
    if (length === 126) {
        length = buffer.length < 4 ? Infinity : buffer.readUInt16BE(2);
        start = 4;
    } else if (length === 127) {
        length = buffer.length < 10 ? Infinity : Number(buffer.readBigUInt64BE(2));
        start = 10;
    }
    if (buffer.length < start + 4 + length) {
        return undefined;
    }
    const mask = buffer.subarray(start, start + 4);
    const payload = Buffer.from(buffer.subarray(start + 4, start + 4 + length));
    for (let i = 0; i < payload.length; i++) {
        payload[i] ^= mask[i % 4];
    }
    return { final: buffer[0] > 127, opcode: buffer[0] & 15, payload, rest: buffer.subarray(start + 4 + length) };
}

function writeFrame(opcode, payload) {
    const { length } = payload;
    let head = Buffer.from([128 | opcode, length]);
    if (length >= 65536) {
        head = Buffer.from([128 | opcode, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
        head.writeBigUInt64BE(BigInt(length), 2);
    } else if (length >= 126) {
        head = Buffer.from([128 | opcode, 126, length >> 8, length & 255]);
    }
    return Buffer.concat([head, payload]);
}
