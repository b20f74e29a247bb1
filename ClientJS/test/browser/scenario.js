// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// What each way of loading the client has to manage, in a page or a worker. Defines `scenario(io)`.

globalThis.scenario = async function (io) {
    const next = (emitter, event) =>
        new Promise((resolve, reject) => {
            const deadline = setTimeout(() => reject(new Error(`no "${event}" in time`)), 10000);
            emitter.once(event, (...args) => {
                clearTimeout(deadline);
                resolve(args);
            });
        });
    const check = (what, fact) => {
        if (!fact) {
            throw new Error(what);
        }
        return what;
    };
    const done = [];
    for (const transport of ["websocket", "sse", "polling"]) {
        // A browser makes no request to an address with a user and a password in it.
        const address = location.origin.replace("//", "//user:p%40ss@");
        const socket = io(address + "/chat", { transports: [transport], forceNew: true, auth: { token: "x" } });
        await next(socket, "connect");
        done.push(check(`connects over ${transport}`, socket.io.transport === transport && socket.connected));
        const text = await socket.emitWithAck("echo", "ü🐦\n");
        done.push(check(`echoes text over ${transport}`, text === "ü🐦\n"));
        const bytes = Uint8Array.from({ length: 100000 }, (_, i) => i);
        for (const binary of [bytes, new Blob([bytes])]) {
            const back = await socket.timeout(10000).emitWithAck("echo", binary);
            const same = back instanceof ArrayBuffer && new Uint8Array(back).every((byte, i) => byte === bytes[i]);
            done.push(check(`echoes ${binary.constructor.name} over ${transport}`, same && back.byteLength === 100000));
        }
        for (let ping = 0; ping < 2; ping++) {
            await next(socket.io, "ping");
        }
        done.push(check(`outlives heartbeats over ${transport}`, socket.connected));
        socket.emit("cut-me");
        await next(socket, "disconnect");
        await next(socket, "connect");
        done.push(check(`reconnects over ${transport}`, socket.connected));
        socket.disconnect();
        done.push(check(`disconnects from ${transport}`, socket.disconnected));
    }
    // The server at this path refuses WebSockets and holds sse streams back.
    const degraded = io({ path: "/walled/", transportTimeout: 300, forceNew: true });
    await next(degraded, "connect");
    done.push(check("degrades to polling in one attempt", degraded.io.transport === "polling"));
    degraded.disconnect();
    return done;
};
