// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// A session with the model of the server, over the fake network, in manual time.

import { Session } from "../src/session.js";
import { FakeNetwork } from "./fake-network.js";
import { ManualClock, randomFrom } from "./manual-clock.js";
import { ModelServer } from "./model-server.js";

export const NAMES = ["websocket", "sse", "polling"];

/** Of all that is left to chance: the network's delays, and the client's. */
const SEED = Number(process.env.MARTLET_SEED ?? 1);

const options = {
    query: {},
    transportTimeout: 4000,
    reconnectionDelay: 1000,
    reconnectionDelayMax: 5000,
    randomizationFactor: 0.5,
    climbDelay: 5000,
    climbDelayMax: 300000,
};

/** All that a test needs, the same in every run; `stop` puts the process's own back. */
export class Bench {
    #random = Math.random;
    clock = new ManualClock();
    server = new ModelServer();
    network = new FakeNetwork(this.server, randomFrom(SEED));
    /** The events of the session, each with its arguments. */
    events = [];
    received = [];
    sessions = [];

    constructor() {
        Math.random = randomFrom(SEED);
    }

    /** A session that is open. */
    async open(names = NAMES, more = {}) {
        const session = new Session("http://model.example/socket.io/", { ...options, ...more });
        this.sessions.push(session);
        session.on("message", (data) => this.received.push(data));
        for (const name of ["open", "transport", "close"]) {
            session.on(name, (...args) => this.events.push([name, ...args]));
        }
        session._open(names);
        await this.until(() => session.transport);
        this.events.length = 0;
        this.network.requests.length = 0;
        return session;
    }

    /** The server's side of the latest session. */
    get other() {
        return [...this.server.sessions.values()].at(-1);
    }

    requests(match = {}) {
        const entries = Object.entries(match);
        return this.network.requests.filter((request) => entries.every(([key, value]) => request[key] === value));
    }

    async until(condition, ms = 1000) {
        if (!(await this.clock.until(condition, ms))) {
            throw new Error(`never: ${condition}`);
        }
    }

    async stop() {
        for (const session of this.sessions) {
            session._end("forced close");
        }
        // A session that was closed without a transport looks for one once more: nothing of it is left for the next test.
        this.network.walls = {};
        await this.clock.advance(30000);
        this.network.restore();
        this.clock.restore();
        Math.random = this.#random;
    }
}
