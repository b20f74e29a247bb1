// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef C_MARTLET_ADMIN_PAGE_H
#define C_MARTLET_ADMIN_PAGE_H

#include <stddef.h>
#include <stdint.h>

/// A file of the page for admins, in the program's constants.
struct martlet_admin_file {
    const char *name;
    const uint8_t *bytes;
    size_t size;
};

/// The file of an index; one without a name when there are fewer.
struct martlet_admin_file martlet_admin_file(size_t index);

#endif
