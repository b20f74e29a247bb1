// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/** So many numbered messages a second, each way. */
const PER_SECOND = 100;

/** A guest of the showcase's namespace: sends without a pause, and notes what comes and what befalls the session. */
export class Guest {
    sent = 0;
    received = 0;
    /** What came out of its order. */
    wrong = [];
    /** Why sessions ended. */
    ends = [];

    constructor(io, visitor, options) {
        this.socket = io("/showcase", { forceNew: true, query: { visitor }, rememberTransport: false, ...options });
        this.socket.on("disconnect", (reason, details) => this.ends.push(`${reason}: ${details?.message}`));
        this.socket.on("down", ({ n }) => {
            if (n !== ++this.received) {
                this.wrong.push(`${n} instead of ${this.received}`);
                this.received = n;
            }
        });
    }

    get session() {
        return this.socket.io.engine?.id;
    }

    /** Undefined while there is none. */
    get transport() {
        return this.socket.io.transport;
    }

    begin() {
        this.socket.emit("stream", { perSecond: PER_SECOND });
        const since = performance.now();
        const before = this.sent;
        // A hidden page's timers run once a second.
        this.pump = setInterval(() => {
            while (this.sent - before < ((performance.now() - since) * PER_SECOND) / 1000) this.send();
        }, 1000 / PER_SECOND);
    }

    send() {
        this.socket.emit("up", { n: ++this.sent, sent: Date.now() });
    }

    /** What came of it all: asked behind all that was sent, and told when more came down after the answer. */
    async outcome() {
        clearInterval(this.pump);
        const tally = await this.socket.emitWithAck("tally");
        await new Promise((resolve) => this.socket.once("down", resolve));
        const { session, sent, received, wrong, ends } = this;
        this.socket.off("disconnect").disconnect();
        return { session, sent, received, wrong, ends, tally };
    }
}
