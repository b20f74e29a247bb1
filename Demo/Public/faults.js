// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The faults that the demo's proxy inflicts on one visitor's connections.

/** How each is written in the set that the proxy is given. */
const members = {
    stall: { stall: true },
    "block-websocket": { block: ["websocket"] },
    "block-sse": { block: ["sse"] },
    "buffer-sse": { buffer: { bytes: 8_000_000, milliseconds: 30_000 } },
    slow: { delay: 200 },
};
const isIn = {
    stall: ({ stall }) => Boolean(stall),
    "block-websocket": ({ block }) => Boolean(block?.includes("websocket")),
    "block-sse": ({ block }) => Boolean(block?.includes("sse")),
    "buffer-sse": ({ buffer }) => Boolean(buffer),
    slow: ({ delay }) => Boolean(delay),
};
/** From one cut to the next, when cutting goes on. */
const cutAgainMilliseconds = { least: 1500, most: 4500 };

/** Events: `change` when others are in force, `cut`, and `failure` when the proxy did not answer. */
export class Faults extends EventTarget {
    #address;
    #inForce = new Set();
    #wanted = new Set();
    #requests = Promise.resolve();
    #cutting = null;

    constructor(visitor) {
        super();
        this.#address = `/faults/${visitor}`;
    }

    /** The names of those in force, as the proxy says. */
    get inForce() {
        return this.#cutting === null ? this.#inForce : new Set([...this.#inForce, "cut-again"]);
    }

    toggle(name) {
        if (name === "cut-again") return this.#keepCutting(this.#cutting === null);
        if (!this.#wanted.delete(name)) this.#wanted.add(name);
        return this.#put();
    }

    heal() {
        this.#keepCutting(false);
        this.#wanted.clear();
        return this.#put();
    }

    /** Closes the connections of now; what comes after them is left alone. */
    async cut() {
        const answer = await this.#request("POST", "/cut");
        if (answer) this.dispatchEvent(new CustomEvent("cut", { detail: answer.cut }));
    }

    /** Asks what is in force: another server knows of nothing. */
    async refresh() {
        this.#learn(await this.#request("GET"));
        this.#wanted = new Set(this.#inForce);
    }

    async #put() {
        const set = { block: [] };
        for (const name of this.#wanted) {
            const { block = [], ...rest } = members[name];
            set.block.push(...block);
            Object.assign(set, rest);
        }
        this.#learn(await this.#request("PUT", "", set));
    }

    #learn(set) {
        if (!set) return void (this.#wanted = new Set(this.#inForce));
        this.#inForce = new Set(Object.keys(isIn).filter((name) => isIn[name](set)));
        this.dispatchEvent(new Event("change"));
    }

    #keepCutting(isWanted) {
        clearTimeout(this.#cutting);
        this.#cutting = isWanted ? setTimeout(() => this.#cutAndGoOn(), 300) : null;
        this.dispatchEvent(new Event("change"));
    }

    async #cutAndGoOn() {
        const { least, most } = cutAgainMilliseconds;
        this.#cutting = setTimeout(() => this.#cutAndGoOn(), least + Math.random() * (most - least));
        await this.cut();
    }

    /** One request after the other, so that the last click has the last word. */
    #request(method, path = "", body = undefined) {
        const send = async () => {
            try {
                const headers = body ? { "content-type": "application/json" } : {};
                const answer = await fetch(this.#address + path, { method, headers, body: body && JSON.stringify(body) });
                if (answer.ok) return await answer.json();
            } catch {
                // As below.
            }
            this.dispatchEvent(new Event("failure"));
            return null;
        };
        return (this.#requests = this.#requests.then(send));
    }
}
