// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef C_MARTLET_PREFETCH_H
#define C_MARTLET_PREFETCH_H

/// Has the processor fetch the first 192 bytes at an address, and does not wait for them. It is no access: any address
/// will do.
static inline void martlet_prefetch(const void *address) {
    __builtin_prefetch(address);
    __builtin_prefetch((const char *)address + 64);
    __builtin_prefetch((const char *)address + 128);
}

#endif
