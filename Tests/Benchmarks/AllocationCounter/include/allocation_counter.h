// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef MARTLET_ALLOCATION_COUNTER_H
#define MARTLET_ALLOCATION_COUNTER_H

#include <stdint.h>

/// How many blocks of memory the calling thread has asked for. Where counting does not work it stays 0.
uint64_t allocation_count(void);

/// How many bytes of memory the process has, once the C library has given back what it can. On other systems than Linux
/// it is 0.
uint64_t resident_bytes(void);

#endif
