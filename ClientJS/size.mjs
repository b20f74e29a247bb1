// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Fails when what a page loads is larger than the budget.

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET = 9000;

for (const name of ["martlet.min.js", "martlet.esm.js"]) {
    const file = readFileSync(new URL(`dist/${name}`, import.meta.url));
    const size = gzipSync(file, { level: 9 }).length;
    console.log(`${name}: ${file.length} bytes, ${size} gzipped, of ${BUDGET}`);
    if (size > BUDGET) {
        process.exitCode = 1;
    }
}
