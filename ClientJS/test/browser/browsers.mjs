// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Chromium by the DevTools protocol, and Firefox by WebDriver BiDi: just enough to open a page and hear how it went.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** What a page leaves in `outcome`, when it does. */
const OUTCOME = `new Promise((resolve) => {
    const timer = setInterval(() => window.outcome && (clearInterval(timer), resolve(window.outcome)), 10);
    setTimeout(() => resolve({ error: "no outcome in time" }), 60000);
}).then(JSON.stringify)`;

export const browsers = {
    chromium: {
        command: process.env.MARTLET_CHROMIUM ?? "chromium",
        args: (profile) => [
            ...["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"],
            ...["--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"],
        ],
        address: /DevTools listening on (ws:\S+)/,
        async visit(call, url) {
            const { targetId } = await call("Target.createTarget", { url: "about:blank" });
            const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
            // It answers when the page has begun: what is evaluated then is not lost with the blank one.
            await call("Page.navigate", { url }, { sessionId });
            const params = { expression: OUTCOME, awaitPromise: true, returnByValue: true };
            const { result } = await call("Runtime.evaluate", params, { sessionId });
            await call("Target.closeTarget", { targetId });
            return result.value;
        },
    },
    firefox: {
        command: process.env.MARTLET_FIREFOX ?? "firefox-esr",
        args: (profile) => ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0", "about:blank"],
        address: /WebDriver BiDi listening on (ws:\S+)/,
        path: "/session",
        begin: (call) => call("session.new", { capabilities: {} }),
        async visit(call, url) {
            const { context } = await call("browsingContext.create", { type: "tab" });
            await call("browsingContext.navigate", { context, url, wait: "complete" });
            const { result } = await call("script.evaluate", {
                expression: OUTCOME,
                target: { context },
                awaitPromise: true,
            });
            await call("browsingContext.close", { context });
            return result.value;
        },
    },
};

/** Runs `work(visit)` with a browser of its own; `visit(url)` is the page's outcome. */
export async function withBrowser({ command, args, address, path = "", begin, visit }, work) {
    const profile = await mkdtemp(join(tmpdir(), "martlet-browser-"));
    await writeFile(join(profile, "user.js"), 'user_pref("remote.active-protocols", 1);\n');
    const browser = spawn(command, args(profile), { stdio: ["ignore", "ignore", "pipe"] });
    try {
        const call = await connect(await find(browser, address), path);
        await begin?.(call);
        return await work(async (url) => JSON.parse(await visit(call, url)));
    } finally {
        const gone = browser.exitCode === null && once(browser, "exit");
        browser.kill();
        await gone;
        await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    }
}

/** Where it listens, by what it prints. */
async function find({ stderr }, address) {
    for await (const line of createInterface({ input: stderr })) {
        const found = address.exec(line)?.[1];
        if (found) {
            // What it prints later is thrown away, lest it waits for a reader.
            stderr.resume();
            return found;
        }
    }
    throw new Error("the browser does not start");
}

/** Commands by name, over a WebSocket that takes `{id, method, params}`. */
async function connect(address, path) {
    const socket = new WebSocket(address + path);
    await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
    const waiting = new Map();
    socket.onmessage = ({ data }) => {
        const { id, result, error, message } = JSON.parse(data);
        waiting.get(id)?.(error ? Promise.reject(new Error(error.message ?? message)) : result);
        waiting.delete(id);
    };
    let last = 0;
    return (method, params = {}, more = {}) =>
        new Promise((resolve) => {
            waiting.set(++last, resolve);
            socket.send(JSON.stringify({ id: last, method, params, ...more }));
        });
}
