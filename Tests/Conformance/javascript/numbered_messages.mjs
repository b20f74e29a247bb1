// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Martlet's own client with numbered messages, see numbers.mjs. Says what has come as lines of JSON.
//
//   node numbered_messages.mjs CLIENT OPTIONS    CLIENT: its file; OPTIONS: those of numbers, as JSON
//
// What lines on the standard input say: `switch TRANSPORT`; `finish` ends the sending; `close` ends the process.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { numbers } from "./numbers.mjs";

const [client, options] = process.argv.slice(2);
const { io } = await import(pathToFileURL(client));
const run = numbers({ io, ...JSON.parse(options) });
const telling = setInterval(() => console.log(JSON.stringify(run.look())), 20);

for await (const line of createInterface({ input: process.stdin })) {
    const [order, transport] = line.split(" ");
    if (order === "switch") {
        run.switch(transport);
    } else if (order === "finish") {
        run.finish();
    } else {
        break;
    }
}
clearInterval(telling);
run.socket.close();
process.stdin.destroy();
