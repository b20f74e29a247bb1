// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The globals of the classic script: the names that the module exports are properties of `io`.

import { io } from "./index.js";

Object.assign(globalThis, { io, martlet: io });
