// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// What a classic script defines: the names that are exported to a module are properties of `io`.

import { io } from "./index.js";

Object.assign(globalThis, { io, martlet: io });
