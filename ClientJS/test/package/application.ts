// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// A user's program, which is compiled as each kind of module: talks to the server of its argument, and prints what came
// of it.

import io, { Manager, Socket, connect, io as named, protocol, type Options, type TransportName } from "martlet-client";

declare const process: { argv: string[] };

interface ServerToClient {
    "message-back": (number: number, bytes: ArrayBuffer) => void;
    question: (factor: number, answer: (product: number) => void) => void;
    answer: (product: number) => void;
}

interface ClientToServer {
    message: (number: number, bytes: Uint8Array) => void;
    sum: (numbers: number[], answer: (sum: number) => void) => void;
    ask: (factor: number) => void;
}

async function converse(options: Options) {
    const socket: Socket<ServerToClient, ClientToServer> = io(process.argv[2], { forceNew: true, ...options });
    socket.on("question", (factor, answer) => answer(factor * 2));
    const product = new Promise<number>((resolve) => socket.once("answer", resolve));
    const message = new Promise<[number, ...number[]]>((resolve) =>
        socket.once("message-back", (number, bytes) => resolve([number, ...new Uint8Array(bytes)]))
    );
    socket.emit("message", 7, Uint8Array.of(8, 9)).emit("ask", 21);
    const sum: number = await socket.emitWithAck("sum", [1, 2, 3]);
    const answers = { sum, product: await product, message: await message };
    const transport: TransportName | undefined = socket.io.transport;
    socket.disconnect();
    return { ...answers, transport };
}

async function main() {
    const idle = connect(process.argv[2], { autoConnect: false });
    console.log(
        JSON.stringify({
            exports: [io === named, io === connect, idle instanceof Socket, idle.io instanceof Manager, protocol],
            globals: ["WebSocket", "EventSource"].filter((name) => name in globalThis),
            best: await converse({}),
            polling: await converse({ transports: ["polling"] }),
        })
    );
}

main();
