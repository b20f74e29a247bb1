// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Runs the scenario in headless Chromium, for each way of loading the client, under a strict content security
// policy. Exits with 1 if any fails. Run with `node --experimental-websocket` on Node 20.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { once } from "node:events";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { FakeServer } from "../fake-server.js";

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

const profile = await mkdtemp(join(tmpdir(), "martlet-chromium-"));
const chromium = spawn(
    process.env.MARTLET_CHROMIUM ?? "chromium",
    [
        ...["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"],
        ...["--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"],
    ],
    { stdio: ["ignore", "ignore", "pipe"] }
);

let failures = 0;
try {
    const browser = await connect(chromium);
    for (const way of ways) {
        const url = `${server.url}/test/browser/page.html?way=${encodeURIComponent(way)}`;
        const { targetId } = await browser("Target.createTarget", { url: "about:blank" });
        const { sessionId } = await browser("Target.attachToTarget", { targetId, flatten: true });
        // It answers when the page has begun: what is evaluated then is not lost with the blank one.
        await browser("Page.navigate", { url }, sessionId);
        const { result } = await browser(
            "Runtime.evaluate",
            {
                expression: `new Promise((resolve) => {
                    const timer = setInterval(() => window.outcome && (clearInterval(timer), resolve(window.outcome)), 10);
                    setTimeout(() => resolve({ error: "no outcome in time" }), 60000);
                })`,
                awaitPromise: true,
                returnByValue: true,
            },
            sessionId
        );
        const { done, error } = result.value;
        console.log(done ? `ok - ${way}: ${done.length} checks` : `not ok - ${way}: ${error}`);
        failures += done ? 0 : 1;
        await browser("Target.closeTarget", { targetId });
    }
    await browser("Browser.close");
} finally {
    const gone = chromium.exitCode === null && once(chromium, "exit");
    chromium.kill();
    await gone;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    await server.stop();
}
console.log(`${ways.length - failures} passed, ${failures} failed`);
process.exit(failures ? 1 : 0);

/** Commands of the DevTools protocol, by name. */
async function connect({ stderr }) {
    let address;
    for await (const line of createInterface({ input: stderr })) {
        address = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
        if (address) {
            break;
        }
    }
    stderr.resume();
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
    const waiting = new Map();
    socket.onmessage = ({ data }) => {
        const { id, result, error } = JSON.parse(data);
        waiting.get(id)?.(error ? Promise.reject(new Error(error.message)) : result);
        waiting.delete(id);
    };
    let last = 0;
    return (method, params = {}, sessionId = undefined) =>
        new Promise((resolve) => {
            waiting.set(++last, resolve);
            socket.send(JSON.stringify({ id: last, method, params, sessionId }));
        });
}
