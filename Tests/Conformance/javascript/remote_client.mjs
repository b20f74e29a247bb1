// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// A client that does what lines of JSON on the standard input tell it, and says as lines of JSON what happens:
//
//   node remote_client.mjs CLIENT URL OPTIONS    CLIENT: the file of Martlet's client or of the official one
//
//   in    {"emit": [event, …]}   {"call": [event, …], "id": 1}   {"switch": transport}
//   out   {"event": [event, …]}  {"reply": value, "id": 1}  {"connected": id, "session": id}  {"disconnected": reason}
//         {"transport": name}    {"refused": reason}
//
// Bytes are {"$bytes": base64}. A `question` is answered with the name from the options, and its argument.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [file, url, text] = process.argv.slice(2);
const { name, ...options } = JSON.parse(text);
const require = createRequire("/usr/share/nodejs/");
const isMartlet = file.endsWith(".esm.js");
let io;
if (isMartlet) {
    ({ io } = await import(pathToFileURL(file)));
} else {
    globalThis.XMLHttpRequest = require("/usr/share/nodejs/xmlhttprequest").XMLHttpRequest;
    ({ io } = require(file));
}

const toText = (value) =>
    JSON.stringify(value, (_, each) =>
        each instanceof ArrayBuffer || ArrayBuffer.isView(each) || each?.type === "Buffer"
            ? { $bytes: Buffer.from(each.data ?? each.buffer ?? each).toString("base64") }
            : each,
    );
const fromText = (line) =>
    JSON.parse(line, (_, each) => (each?.$bytes === undefined ? each : Uint8Array.from(Buffer.from(each.$bytes, "base64"))));
const tell = (value) => console.log(toText(value));

const socket = io(url, { forceNew: true, ...options });
socket.on("connect", () => tell({ connected: socket.id, session: socket.io.engine.id }));
socket.on("disconnect", (reason) => tell({ disconnected: reason }));
socket.on("connect_error", (error) => tell({ refused: error.message }));
// Martlet's tells of transports by itself; the official client's engine is another one on each connection.
socket.io.on("transport", (transport) => tell({ transport }));
if (!isMartlet) {
    socket.io.on("open", () => {
        const { engine } = socket.io;
        tell({ transport: engine.transport.name });
        engine.on("upgrade", (transport) => tell({ transport: transport.name }));
    });
}
socket.onAny((event, ...values) => event === "question" || event === "auth" || tell({ event: [event, ...values] }));
socket.on("question", (value, answer) => answer([name, value]));

const deeds = {
    emit: (values) => socket.emit(...values),
    call: (values, id) => socket.emit(...values, (reply) => tell({ reply, id })),
    switch: (transport) => socket.io.switchTransport(transport).catch(() => {}),
};
for await (const line of createInterface({ input: process.stdin })) {
    const { id, ...deed } = fromText(line);
    const [[kind, value]] = Object.entries(deed);
    deeds[kind](value, id);
}
socket.disconnect();
process.stdin.destroy();
