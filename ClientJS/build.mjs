// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Bundles src/ into dist/ with esbuild. `node build.mjs --check` writes nothing and fails if dist/ is not what
// would be written.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const check = process.argv.includes("--check");
const out = check ? mkdtempSync(join(tmpdir(), "martlet-dist-")) : join(here, "dist");

const banner = "/*! Martlet, Apache-2.0 */";
const common = ["--bundle", "--target=es2022", "--charset=utf8", `--banner:js=${banner}`];
const classic = ["src/classic.js", "--format=iife"];
const module = ["src/index.js", "--format=esm"];
const small = ["--minify", "--mangle-props=^_", "--sourcemap", "--sources-content=true"];

const outputs = {
    "martlet.js": classic,
    "martlet.min.js": [...classic, ...small],
    "martlet.esm.js": [...module, ...small],
};

try {
    for (const [name, options] of Object.entries(outputs)) {
        // The output's folder is in the map's paths to the sources: so it is always named dist/ from here.
        const text = execFileSync("esbuild", [...common, ...options, `--outfile=${join(out, name)}`, "--log-level=warning"], {
            cwd: here,
        });
        process.stdout.write(text);
    }
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
