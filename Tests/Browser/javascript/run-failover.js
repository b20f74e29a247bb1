// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// node run-failover.js '{"url": …, "pingInterval": …}': how long a session is silent when its WebSocket dies, when it goes
// silent, and when it is told to move. Prints the milliseconds of each time that it was tried.

import { io } from "../../../ClientJS/dist/martlet.esm.js";
import { asking } from "./demo-node.js";

const { url, pingInterval, times } = JSON.parse(process.argv[2]);
const ask = asking(url);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A session of its own on a WebSocket that brings 200 messages a second. */
async function begin(name, index) {
    const visitor = `${name}-${index}-${Date.now()}`;
    const socket = io(`${url}/showcase`, { forceNew: true, query: { visitor }, rememberTransport: false });
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("connect_error", reject));
    if (socket.io.transport !== "websocket") {
        throw new Error(`begins on ${socket.io.transport}`);
    }
    socket.on("disconnect", (reason) => {
        throw new Error(`${name}: ${reason}`);
    });
    let last = 0;
    socket.on("down", ({ n }) => {
        if (n !== last + 1) {
            throw new Error(`${name}: ${n} after ${last}`);
        }
        last = n;
    });
    socket.emit("stream", { perSecond: 200 });
    await message(socket);
    return {
        socket,
        put: (faults) => ask("PUT", `/faults/${visitor}`, faults),
        end: () => socket.off("disconnect").disconnect(),
    };
}

const message = (socket) => new Promise((resolve) => socket.once("down", resolve));
const transport = (socket, isWanted) =>
    new Promise((resolve) => {
        const listener = (name) => {
            if (isWanted(name)) {
                socket.io.off("transport", listener);
                resolve(name);
            }
        };
        socket.io.on("transport", listener);
    });

/** The WebSocket is reset, and no other is let through. */
async function dead(index) {
    const { socket, put, end } = await begin("dead", index);
    const start = performance.now();
    const next = transport(socket, (name) => name && name !== "websocket").then(() => message(socket));
    await Promise.all([put({ block: ["websocket"] }), next]);
    const took = performance.now() - start;
    end();
    return took;
}

/** Nothing comes through any more, and nothing tells of it. The network is back once that has been noticed. */
async function silent(index) {
    const { socket, put, end } = await begin("silent", index);
    // Somewhere between two pings.
    await sleep((pingInterval * index) / times);
    const start = performance.now();
    const lost = transport(socket, (name) => !name);
    await put({ stall: true });
    await lost;
    const noticed = performance.now() - start;
    const next = message(socket);
    await put({});
    await next;
    const took = performance.now() - start;
    end();
    return { noticed, took };
}

/** Told to move: until the other transport is in use. Messages go on without a gap. */
async function moved() {
    const { socket, end } = await begin("moved", 0);
    const took = [];
    for (let index = 0; index < 2 * times; index++) {
        const start = performance.now();
        await socket.io.switchTransport(["sse", "polling", "websocket"][index % 3]);
        took.push(performance.now() - start);
        await message(socket);
    }
    end();
    return took;
}

const result = { dead: [], silent: [], moved: await moved() };
for (let index = 0; index < times; index++) {
    result.dead.push(await dead(index));
    result.silent.push(await silent(index));
}
console.log(JSON.stringify(result));
process.exit();
