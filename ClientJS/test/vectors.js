// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from "node:fs";

/** The test vectors that the server's tests read too. */
export function vectors(name) {
    return JSON.parse(readFileSync(new URL(`../../Tests/Vectors/${name}.json`, import.meta.url), "utf8"));
}

/** An ArrayBuffer of the bytes in `{base64}`; texts as they are. */
export function bytes(value) {
    return typeof value === "string" ? value : Uint8Array.from(Buffer.from(value.base64, "base64")).buffer;
}
