// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Runs the scenario in headless Chromium and Firefox, for each way of loading the client, under a strict content
// security policy. Exits with 1 if any fails. Run with `node --experimental-websocket` on Node 20.

import { readFile } from "node:fs/promises";
import { join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { FakeServer } from "../fake-server.js";
import { browsers, withBrowser } from "./browsers.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const types = { html: "text/html; charset=utf-8", js: "text/javascript", map: "application/json" };
const ways = ["classic", "minified", "module", "unbuilt", "worker", "module worker"];

const server = await FakeServer.start();
Object.assign(server.open, { pingInterval: 200, pingTimeout: 10000 });

server.hooks.request = (request, response, { transport }) => {
    const path = request.url.split("?")[0];
    if (path.startsWith("/walled/")) {
        // A proxy that buffers: the head comes, the events do not.
        return transport === "sse" && response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders() === undefined;
    }
    if (path.startsWith("/socket.io/")) {
        return false;
    }
    readFile(join(root, normalize(path))).then(
        (file) =>
            response
                .writeHead(200, { "content-type": types[path.split(".").at(-1)], "content-security-policy": "default-src 'self'" })
                .end(file),
        () => response.writeHead(404).end()
    );
    return true;
};
server.hooks.upgrade = (request, socket) =>
    request.url.startsWith("/walled/") && socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");

server.on("session", (session) => {
    const heartbeat = setInterval(() => session.send("2"), server.open.pingInterval);
    session.on("close", () => clearInterval(heartbeat));
    let awaited;
    session.on("packet", (packet) => {
        // A pong may come between an event and its attachment.
        if (packet === "3") {
            return;
        }
        if (awaited !== undefined) {
            const bytes = typeof packet === "string" ? Buffer.from(packet.slice(1), "base64") : packet;
            session.send(`461-/chat,${awaited}[{"_placeholder":true,"num":0}]`, bytes);
            awaited = undefined;
        } else if (packet === '42/chat,["cut-me"]') {
            session.cut();
        } else {
            const [, binary, id, text] = /^4(2|51-)\/chat,(\d+)\["echo",(.*)\]$/s.exec(packet) ?? [];
            if (binary === "2") {
                session.send(`43/chat,${id}[${text}]`);
            } else {
                awaited = id;
            }
        }
    });
});

let failures = 0;
for (const [name, browser] of Object.entries(browsers)) {
    await withBrowser(browser, async (visit) => {
        for (const way of ways) {
            const { done, error } = await visit(`${server.url}/test/browser/page.html?way=${encodeURIComponent(way)}`);
            console.log(done ? `ok - ${name}, ${way}: ${done.length} checks` : `not ok - ${name}, ${way}: ${error}`);
            failures += done ? 0 : 1;
        }
    });
}
await server.stop();
console.log(`${ways.length * Object.keys(browsers).length - failures} passed, ${failures} failed`);
process.exit(failures ? 1 : 0);
