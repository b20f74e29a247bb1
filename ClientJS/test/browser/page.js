// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Loads the client in the way that the address asks for, and leaves the outcome in `outcome`.

const way = new URLSearchParams(location.search).get("way");

const script = (src, type = "") =>
    new Promise((resolve, reject) => {
        const element = Object.assign(document.createElement("script"), { src, type, onload: resolve, onerror: reject });
        document.head.append(element);
    });

const worker = (options) =>
    new Promise((resolve, reject) => {
        const worker = new Worker(`/test/browser/worker${options.type === "module" ? "-module" : ""}.js`, options);
        worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.done));
        worker.onerror = (event) => reject(new Error(event.message));
    });

const ways = {
    async classic() {
        await script("/dist/martlet.js");
        if (window.martlet.io !== window.io || typeof window.io.Manager !== "function") {
            throw new Error("globals are missing");
        }
        return window.scenario(window.io);
    },
    async minified() {
        await script("/dist/martlet.min.js");
        return window.scenario(window.io);
    },
    async module() {
        const { io, default: same } = await import("/dist/martlet.esm.js");
        return window.scenario(io === same && io);
    },
    async unbuilt() {
        const { io } = await import("/src/index.js");
        return window.scenario(io);
    },
    worker: () => worker({}),
    "module worker": () => worker({ type: "module" }),
};

window.outcome = ways[way]().then(
    (done) => ({ done }),
    (error) => ({ error: String(error.stack ?? error) })
);
