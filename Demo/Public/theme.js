// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Runs before the page is painted, so that a chosen theme never flashes in the other one.
const theme = localStorage.getItem("martlet.theme");
if (theme) document.documentElement.dataset.theme = theme;
