// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Runs esbuild, for the build and for the search for short names.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const here = fileURLToPath(new URL(".", import.meta.url));

const banner = "/*! Martlet, Apache-2.0 */";
const common = ["--bundle", "--target=es2022", "--charset=utf8", `--banner:js=${banner}`, "--log-level=warning"];
const classic = ["src/classic.js", "--format=iife"];
const module = ["src/index.js", "--format=esm"];
// What `require` gives is `io` itself, as with socket.io-client: what the module exports are properties of it.
const commonJS = ["src/index.js", "--format=cjs", "--footer:js=module.exports = Object.assign(io, { default: io });"];
const small = ["--minify", "--mangle-props=^_", "--sourcemap", "--sources-content=true"];

/** The options by the names of the files. */
export const outputs = {
    "martlet.js": classic,
    "martlet.min.js": [...classic, ...small],
    "martlet.esm.js": [...module, ...small],
    "martlet.cjs": commonJS,
};

/** The short names of private properties. Properties that are missing get names that are left over. */
export const readNames = () => JSON.parse(readFileSync(join(here, "names.json"), "utf8"));

/**
 * Bundles one of `outputs` into a folder.
 *
 * @returns the short names of all private properties; none in a bundle that is not minified
 */
export function bundle(name, folder, names = readNames()) {
    const temporary = mkdtempSync(join(tmpdir(), "martlet-names-"));
    try {
        // esbuild adds to the file.
        const cache = join(temporary, "names.json");
        writeFileSync(cache, JSON.stringify(names));
        const options = [...common, ...outputs[name], `--mangle-cache=${cache}`, `--outfile=${join(folder, name)}`];
        process.stdout.write(execFileSync("esbuild", options, { cwd: here }));
        return JSON.parse(readFileSync(cache, "utf8"));
    } finally {
        rmSync(temporary, { recursive: true });
    }
}
