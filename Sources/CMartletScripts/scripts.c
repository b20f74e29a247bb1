// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#include "CMartletScripts.h"

// C23 6.10.4. Swift's own way to embed a file writes it out as an array, which takes the compiler a minute and a gigabyte
// for what this takes milliseconds.
#pragma clang diagnostic ignored "-Wc23-extensions"

struct martlet_script_file martlet_script(void) {
    static const uint8_t bytes[] = {
#embed "../../ClientJS/dist/martlet.js"
    };
    return (struct martlet_script_file){bytes, sizeof bytes};
}

struct martlet_script_file martlet_min_script(void) {
    static const uint8_t bytes[] = {
#embed "../../ClientJS/dist/martlet.min.js"
    };
    return (struct martlet_script_file){bytes, sizeof bytes};
}

struct martlet_script_file martlet_esm_script(void) {
    static const uint8_t bytes[] = {
#embed "../../ClientJS/dist/martlet.esm.js"
    };
    return (struct martlet_script_file){bytes, sizeof bytes};
}
