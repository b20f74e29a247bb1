// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Searches short names for the private properties with which the built client compresses better, and writes them to
// names.json: which letter a property gets decides how long the repetitions are that gzip finds, about 2 % of the size.
// `node names.mjs [seconds]`, when the size is near its budget; then `node build.mjs`.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { bundle, here } from "./bundle.mjs";

const seconds = Number(process.argv[2] ?? 60);
const NAME = "martlet.esm.js";
const folder = mkdtempSync(join(tmpdir(), "martlet-dist-"));
try {
    const present = bundle(NAME, folder);
    const properties = Object.keys(present).sort();
    bundle(NAME, folder, Object.fromEntries(properties.map((property, index) => [property, `Q${1000 + index}Q`])));
    // Every second part is the number of a property.
    const parts = readFileSync(join(folder, NAME), "utf8").split(/Q(\d{4})Q/);
    const sizeWith = (names) => gzipSync(parts.map((part, i) => (i % 2 ? names[part - 1000] : part)).join(""), { level: 9 }).length;

    const letters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$"];
    const taken = new Set(parts.join("").match(/(?<=\.)\w\w\b|\b\w\w(?=[(:])/g));
    const free = [...letters, ...letters.flatMap((a) => letters.map((b) => a + b))].filter((name) => !taken.has(name));

    const pick = (list) => list[Math.floor(Math.random() * list.length)];
    let names = properties.map((property) => present[property]);
    let size = sizeWith(names);
    console.log(`${size} gzipped`);
    for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
        // One property gets another name, and the property that had it gets the first one's.
        const next = [...names];
        const place = Math.floor(Math.random() * next.length);
        const name = pick(pick([names, free]));
        const other = next.indexOf(name);
        if (other >= 0) {
            next[other] = next[place];
        }
        next[place] = name;
        const nextSize = sizeWith(next);
        if (nextSize <= size) {
            names = next;
            size = nextSize;
        }
    }
    console.log(`${size} gzipped`);
    const lines = properties.map((property, index) => `    "${property}": "${names[index]}"`);
    writeFileSync(join(here, "names.json"), `{\n${lines.join(",\n")}\n}\n`);
} finally {
    rmSync(folder, { recursive: true });
}
