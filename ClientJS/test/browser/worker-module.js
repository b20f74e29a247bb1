// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { io } from "/dist/martlet.esm.js";
import "/test/browser/scenario.js";

globalThis.scenario(io).then(
    (done) => postMessage({ done }),
    (error) => postMessage({ error: String(error.stack) })
);
