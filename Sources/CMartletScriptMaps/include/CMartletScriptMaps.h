// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef C_MARTLET_SCRIPT_MAPS_H
#define C_MARTLET_SCRIPT_MAPS_H

#include <stddef.h>
#include <stdint.h>

/// A file of the JavaScript client, in the program's constants.
struct martlet_map_file {
    const uint8_t *bytes;
    size_t size;
};

/// The source maps of the minified forms.
struct martlet_map_file martlet_min_script_map(void);
struct martlet_map_file martlet_esm_script_map(void);

#endif
