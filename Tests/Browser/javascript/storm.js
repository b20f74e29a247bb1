// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Numbered messages both ways through a network in which something breaks several times a second. It imports nothing,
// so that it runs in Node and, as a text, in a page.

const NAMES = ["websocket", "sse", "polling"];

/** Mulberry32: the same seed makes the same storm. */
function generator(seed) {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let bits = Math.imul(state ^ (state >>> 15), state | 1);
        bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
        return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
    };
}

/** What is wrong with messages that should come as 1, 2, 3… */
class Count {
    next = 1;
    wrong = [];

    take(number) {
        if (number !== this.next) {
            this.wrong.push(`${number} instead of ${this.next}`);
        }
        this.next = number + 1;
    }
}

/**
 * @param {object} storm
 * @param {Function} storm.io the client's
 * @param {string} storm.url of the demo, without a path
 * @param {(method: string, path: string, body?: object) => Promise<object>} storm.ask the demo's routes
 * @param {number} storm.seed
 * @param {number} storm.messages each way
 * @param {number} storm.perSecond each way
 * @param {number} storm.binaries of 30 KB, echoed
 * @param {number} storm.seconds after which it has failed
 */
export async function storm({ io, url, ask, seed, messages, perSecond, binaries, seconds }) {
    const random = generator(seed);
    const between = (low, high) => low + Math.floor(random() * (high - low + 1));
    const pick = (list) => list[between(0, list.length - 1)];
    const visitor = `storm-${seed}-${Date.now()}`;
    const put = (faults) => ask("PUT", `/faults/${visitor}`, faults);
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

    const begin = performance.now();
    const elapsed = () => performance.now() - begin;
    const journal = [];
    const note = (text) => journal.push(`${elapsed().toFixed(0)} ${text}`);

    const socket = io(`${url}/showcase`, {
        forceNew: true,
        query: { visitor },
        rememberTransport: false,
        transportTimeout: 700,
        reconnectionDelay: 50,
        reconnectionDelayMax: 200,
        climbDelay: 150,
        climbDelayMax: 600,
    });
    const manager = socket.io;
    const transports = {};
    const ends = [];
    manager.on("transport", (name) => {
        note(`transport ${name}`);
        transports[name] = (transports[name] ?? 0) + 1;
    });
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("connect_error", reject));
    const session = manager.engine.id;
    socket.on("disconnect", (reason, details) => {
        note(`disconnect ${reason}`);
        ends.push(`${reason} ${details?.message ?? ""}, ${echoes.sent - echoes.received} echoes under way`);
    });

    // Down
    const down = new Count();
    socket.on("down", ({ n }) => down.take(n));
    socket.emit("stream", { perSecond });

    // Binaries: what is under way must stay within the megabyte that a session keeps without a transport.
    const echoes = { sent: 0, received: 0, wrong: [] };
    const echo = () => {
        const number = ++echoes.sent;
        const bytes = new Uint8Array(30_000).fill(number % 251);
        new DataView(bytes.buffer).setUint32(0, number);
        socket.emit("latency", { number, bytes }, (answer) => {
            const back = answer?.bytes && new Uint8Array(answer.bytes);
            const isWhole = back?.length === bytes.length && back.every((byte, index) => byte === bytes[index]);
            if (number !== ++echoes.received || answer.number !== number || !isWhole) {
                echoes.wrong.push(number);
            }
        });
    };

    // Up
    let sent = 0;
    const pump = setInterval(() => {
        const due = Math.min(messages, Math.floor((elapsed() / 1000) * perSecond));
        while (sent < due) {
            socket.emit("up", { n: ++sent, sent: Date.now() });
            if (sent % Math.ceil(messages / binaries) === 0 && echoes.sent - echoes.received < 12) {
                echo();
            }
        }
    }, 10);

    // The storm
    const deeds = {
        switch: () => void manager.switchTransport(pick(NAMES)).catch(() => {}),
        "cut now": () => ask("POST", `/faults/${visitor}/cut`),
        "cut after bytes": () => put({ cut: { afterBytes: [1, 60_000], seed: between(0, 2 ** 31) } }),
        stall: () => put({ stall: true }),
        delay: () => put({ delay: between(10, 80) }),
        buffer: () => put({ buffer: { bytes: between(100, 50_000), milliseconds: between(50, 2000) } }),
        "block one": () => put({ block: [pick(NAMES)] }),
        "block two": () => {
            const open = pick(NAMES);
            return put({ block: NAMES.filter((name) => name !== open) });
        },
        strip: () => put({ upgrade: "strip" }),
        calm: () => put({}),
    };
    const done = Object.fromEntries(Object.keys(deeds).map((name) => [name, 0]));
    const isOver = () => elapsed() > seconds * 1000 || ends.length > 0;
    while (!isOver() && (sent < messages || down.next <= messages)) {
        const name = pick(Object.keys(deeds));
        note(name);
        done[name] += 1;
        await deeds[name]();
        await sleep(between(30, 150));
    }
    clearInterval(pump);
    const stormed = elapsed();
    socket.emit("stream", { perSecond: 0 });

    // The calm: what is still under way comes.
    await put({});
    let tally = {};
    while (!isOver()) {
        tally = await socket.timeout(5000).emitWithAck("tally").catch(() => ({}));
        if (tally.last === sent && echoes.received === echoes.sent) {
            break;
        }
        await sleep(50);
    }
    const isSameSession = manager.engine?.id === session;
    const { counters } = await ask("GET", `/faults/${visitor}`);
    socket.off("disconnect").disconnect();
    return {
        seed,
        stormed,
        milliseconds: elapsed(),
        sent,
        tally,
        received: down.next - 1,
        wrong: down.wrong.slice(0, 10),
        echoes,
        ends,
        isSameSession,
        done,
        transports,
        counters,
        journal: journal.slice(-60),
    };
}
