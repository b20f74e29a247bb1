// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#ifndef MARTLET_ALLOCATION_COUNTER_H
#define MARTLET_ALLOCATION_COUNTER_H

#include <stdint.h>

/// How many blocks of memory the calling thread has asked for. Where counting does not work it stays 0.
uint64_t allocation_count(void);

/// Counts the bytes in use from now on; called before other threads are there.
void count_bytes(void);

/// How many more bytes of blocks the program has in use, in all threads, than when counting them began.
int64_t bytes_in_use(void);

#endif
