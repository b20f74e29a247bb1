// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// What a user's program must not say: each line that ends with the name of an error has that error, and no other line has
// any.

import io, { Manager, protocol, type Options, type Socket } from "martlet-client";
import { Session } from "martlet-client"; // TS2614
import { defaults } from "martlet-client/src/options.js"; // TS2307

interface ServerToClient {
    said: (author: string, text: string) => void;
}

interface ClientToServer {
    say: (text: string) => void;
    save: (draft: { text: string }, answer: (receipt: number) => void) => void;
}

declare const socket: Socket<ServerToClient, ClientToServer>;

// Events, and what they carry.
socket.emit("sing", "hello"); // TS2345
socket.emit("say", 1); // TS2345
socket.emit("say"); // TS2554
socket.emit("said", "Ada", "hello"); // TS2345
socket.emit("save", { text: "" }, (receipt: string) => receipt); // TS2345
socket.emit("save", { txt: "" }, () => {}); // TS2345
socket.on("sung", () => {}); // TS2345
socket.on("say", () => {}); // TS2345
socket.on("said", (author: number) => author); // TS2345
socket.on("disconnect", (reason) => reason === "bored"); // TS2367
socket.off("sung"); // TS2345
socket.io.on("connect", () => {}); // TS2345

// Acknowledgements.
const receipt: Promise<string> = socket.emitWithAck("save", { text: "" }); // TS2322
socket.emitWithAck("save", { text: "" }, () => {}); // TS2554
socket.timeout(100).emit("save", { text: "" }, (receipt: number) => receipt); // TS2345
socket.timeout("100"); // TS2345

// Options.
io({ reconectionDelay: 1 }); // TS2769
io("https://example.com", { retries: true }); // TS2322
io(8080); // TS2769
const options: Options = { transports: "websocket" }; // TS2322
new Manager(options, options); // TS2345

// What there is to read only, and what there is not.
socket.id = "mine"; // TS2540
socket.io.transport = "sse"; // TS2540
socket.io.switchTransport("pigeon"); // TS2345
socket.join("room"); // TS2339
const four: 4 = protocol; // TS2322
const other: Socket<ClientToServer, ServerToClient> = socket; // TS2322
