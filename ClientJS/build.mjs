// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Bundles src/ into dist/ with esbuild. `node build.mjs --check` writes nothing and fails if dist/ is not what
// would be written.

import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle, here, outputs } from "./bundle.mjs";

const check = process.argv.includes("--check");
const out = check ? mkdtempSync(join(tmpdir(), "martlet-dist-")) : join(here, "dist");

try {
    for (const name of Object.keys(outputs)) {
        bundle(name, out);
    }
    // TypeScript takes a declaration to be of the kind of module that its name says: each kind needs its own file.
    copyFileSync(join(here, "martlet.d.ts"), join(out, "martlet.d.cts"));
    if (check) {
        const names = new Set([...readdirSync(out), ...readdirSync(join(here, "dist"))]);
        const stale = [...names].filter((name) => content(out, name) !== content(join(here, "dist"), name));
        if (stale.length) {
            console.error(`dist/ is stale: ${stale.join(", ")}. Run "node build.mjs" and commit what it writes.`);
            process.exitCode = 1;
        } else {
            console.log("dist/ is what src/ builds to");
        }
    }
} finally {
    if (check) {
        rmSync(out, { recursive: true });
    }
}

/** A file's text; for a map without its paths to the sources, which depend on where it was written. */
function content(folder, name) {
    let text;
    try {
        text = readFileSync(join(folder, name), "utf8");
    } catch {
        return undefined;
    }
    return name.endsWith(".map") ? JSON.stringify({ ...JSON.parse(text), sources: [] }) : text;
}
