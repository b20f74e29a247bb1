// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Writes the package's tarball, with the files that `npm pack` would take, where there is no npm.
// `node pack.mjs [folder]`; the folder is the working directory by default.

import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { here } from "./bundle.mjs";

const { name, version, files } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
const tarball = resolve(process.argv[2] ?? ".", `${name}-${version}.tgz`);
const stage = mkdtempSync(join(tmpdir(), "martlet-package-"));
try {
    // npm takes these three by itself.
    for (const file of ["package.json", "README.md", "LICENSE", ...files]) {
        cpSync(join(here, file), join(stage, "package", file), { recursive: true });
    }
    execFileSync("tar", ["-czf", tarball, "-C", stage, "package"]);
    console.log(tarball);
} finally {
    rmSync(stage, { recursive: true });
}
