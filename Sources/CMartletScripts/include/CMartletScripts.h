// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef C_MARTLET_SCRIPTS_H
#define C_MARTLET_SCRIPTS_H

#include <stddef.h>
#include <stdint.h>

/// A file of the JavaScript client, in the program's constants.
struct martlet_script_file {
    const uint8_t *bytes;
    size_t size;
};

/// The client as it is written, minified, and as a minified module.
struct martlet_script_file martlet_script(void);
struct martlet_script_file martlet_min_script(void);
struct martlet_script_file martlet_esm_script(void);

#endif
