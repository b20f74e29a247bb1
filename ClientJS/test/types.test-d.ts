// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Checked by tsc, never run: what the declaration promises to a page written in TypeScript.

import io, { Manager, Socket, connect, io as named, protocol, type Options, type TransportName } from "../martlet";

function same<T>(_value: T): void {}

const socket = io("https://example.com/chat", {
    transports: ["websocket", "sse", "polling"],
    auth: (send) => send({ token: "x" }),
    query: { room: "1" },
    ackTimeout: 1000,
    rememberTransport: true,
    climbDelay: 1000,
    climbDelayMax: 60000,
    timeout: false,
    retries: 3,
    addTrailingSlash: false,
    timestampRequests: true,
    timestampParam: "stamp",
    upgrade: false,
});
same<Socket>(socket);
same<Socket>(named());
same<Socket>(connect({ autoConnect: false }));
same<Manager>(socket.io);
same<5>(protocol);
same<string | undefined>(socket.id);
same<boolean>(socket.connected && socket.active && socket.recovered);
same<TransportName | undefined>(socket.io.transport);
same<Promise<void>>(socket.io.switchTransport("sse"));

socket.on("connect", () => {});
socket.on("connect_error", (error) => same<string>(error.message));
socket.on("disconnect", (reason, details) => {
    if (reason === "io server disconnect") {
        socket.connect();
    }
    same<unknown>(details);
});
socket.on("anything", (a: number, b: string) => a + b.length);
socket.emit("anything", 1, { deep: [new Uint8Array(1)] }, (answer: string) => answer).volatile.emit("more");
same<Promise<any>>(socket.timeout(100).emitWithAck("anything", 1));
socket.onAny((event, ...args) => same<[string, any[]]>([event, args])).offAny();
socket.io.on("reconnect_attempt", (attempt) => same<number>(attempt));
socket.io.on("transport", (name) => same<TransportName | undefined>(name));

same<Manager>(socket.io.reconnection(false).timeout(1000));
same<number>(socket.io.reconnectionDelay());

same<string>(socket.io.uri);
same<Record<string, Manager>>(io.managers);
same<string | undefined>(socket.io.engine?.close().write("x").send(new ArrayBuffer(1)).id);
socket.io.engine?.on("upgrade", (transport) => same<TransportName>(transport.name)).once("message", () => {});
same<Manager>(socket.io.open((error) => same<string | undefined>(error?.message)).connect(() => {}));

const options: Options = { forceNew: true };
io({ query: "token=x", transportOptions: { polling: { extraHeaders: { a: "b" } }, websocket: { protocols: "p" } } });
io(new URL("https://example.com"), { query: { n: 1, yes: true } });
same<Manager>(new Manager({ path: "/" }));
const manager = new Manager("https://example.com", options);
same<Socket>(manager.socket("/admin", { auth: { token: "x" } }));

interface Incoming {
    said: (author: string, text: string) => void;
}
interface Outgoing {
    say: (text: string) => void;
    look: (callback: (found: { message?: string }) => void) => void;
    save: (draft: { text: string }, callback: (receipt: number) => void) => void;
}
const typed: Socket<Incoming, Outgoing> = io("/chat");
typed.on("said", (author, text) => same<string>(author + text));
typed.on("disconnect", (reason) => same<string>(reason));
typed.emit("say", "hello");
typed.emit("save", { text: "" }, (receipt) => same<number>(receipt));
same<Promise<number>>(typed.emitWithAck("save", { text: "" }));
typed.timeout(100).emit("save", { text: "" }, (error, receipt) => {
    same<Error>(error);
    same<number>(receipt);
});
same<Promise<number>>(typed.timeout(100).emitWithAck("save", { text: "" }));
typed.timeout(100).emitWithAck("look").then((found) => same<string | undefined>(found.message));

// @ts-expect-error there is no such event
typed.emit("sing", "hello");
// @ts-expect-error its argument is a text
typed.emit("say", 1);
// @ts-expect-error there is no such event
typed.on("sung", () => {});
// @ts-expect-error no transport of that name
io({ transportOptions: { pigeon: {} } });
// @ts-expect-error its headers are texts
io({ transportOptions: { polling: { extraHeaders: { a: 1 } } } });
// @ts-expect-error misspelt
io({ reconectionDelay: 1 });
// @ts-expect-error a number of tries
io({ retries: true });
// @ts-expect-error a number of ms
io({ transportTimeout: "4s" });
// @ts-expect-error no transport of that name
socket.io.switchTransport("pigeon");
// @ts-expect-error the server gives it
socket.id = "mine";
