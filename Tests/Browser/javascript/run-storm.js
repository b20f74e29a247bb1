// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// node run-storm.js '{"url": …, "seed": …}': weathers a storm, and prints what came of it.

import { io } from "../../../ClientJS/dist/martlet.esm.js";
import { asking } from "./demo-node.js";
import { storm } from "./storm.js";

const options = JSON.parse(process.argv[2]);
console.log(JSON.stringify(await storm({ io, ask: asking(options.url), ...options })));
process.exit();
