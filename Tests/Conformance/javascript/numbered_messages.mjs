// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Martlet's own client: sends numbered messages without a pause, whatever becomes of the network, and
// looks whether their echoes come back each once and in order. Says what has come as lines of JSON; a line on the
// standard input ends the sending, the last echo ends the process.
//
//   node numbered_messages.mjs URL TRANSPORTS CLIENT    TRANSPORTS: their names, with commas; CLIENT: its file

import { pathToFileURL } from "node:url";

const [url, transports, client] = process.argv.slice(2);
const { io } = await import(pathToFileURL(client));

const socket = io(url, { transports: transports.split(","), reconnectionDelay: 50, reconnectionDelayMax: 200 });
const state = { sent: 0, received: 0, faults: [], sessions: [], sockets: [], disconnects: 0, losses: 0, attaches: 0 };
let isSending = true;

socket.on("connect", () => {
    state.sockets.push(socket.id);
    state.sessions.push(socket.io.engine.id);
});
socket.on("disconnect", (reason) => {
    state.disconnects++;
    state.faults.push(reason);
});
socket.io.on("transport", (name) => (name ? state.attaches++ : state.losses++));
socket.on("message-back", (number, filling, bytes) => {
    state.received++;
    const isWhole = filling === text(number) && (number % 20 ? bytes === null : bytes.byteLength === number % 1000);
    if ((number !== state.received || !isWhole) && state.faults.length < 10) {
        state.faults.push([state.received, number, isWhole]);
    }
});

// Sizes up to more than what goes into a segment; every 20th message has an attachment, a second message on the wire.
const text = (number) => "é".repeat((number * 37) % 900);

const sending = setInterval(() => {
    if (socket.connected) {
        for (let i = 0; i < 10 && isSending; i++) {
            const number = ++state.sent;
            socket.emit("message", number, text(number), number % 20 ? null : new Uint8Array(number % 1000));
        }
    }
}, 10);

process.stdin.once("data", () => {
    isSending = false;
    clearInterval(sending);
});

const telling = setInterval(() => {
    const isDone = !isSending && state.received >= state.sent;
    console.log(JSON.stringify({ ...state, transport: socket.io.transport, isDone }));
    if (isDone) {
        clearInterval(telling);
        socket.close();
        process.stdin.destroy();
    }
}, 20);
