// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Takes the place of glibc's allocation functions in the program that links this, and counts their calls; on demand also
// the bytes in use. The blocks still come from glibc, so whatever else is left alone goes on working. A sanitizer has the
// same trick in mind, so with one nothing is replaced.

#include "allocation_counter.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

static _Thread_local uint64_t count;
static bool counts_bytes;
static _Atomic int64_t bytes;

uint64_t allocation_count(void)
{
    return count;
}

void count_bytes(void)
{
    counts_bytes = true;
}

int64_t bytes_in_use(void)
{
    return atomic_load(&bytes);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER
#endif
#endif

#if defined(__GLIBC__) && !defined(HAS_SANITIZER)

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t number, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

static inline void note(void *block, int sign)
{
    if (counts_bytes && block)
        atomic_fetch_add_explicit(&bytes, sign * (int64_t)malloc_usable_size(block), memory_order_relaxed);
}

static inline void *counted(void *block)
{
    count++;
    note(block, 1);
    return block;
}

void *malloc(size_t size)
{
    return counted(__libc_malloc(size));
}

void *calloc(size_t number, size_t size)
{
    return counted(__libc_calloc(number, size));
}

// Counted whether it had to move the block or not: that would depend on what else is on the heap.
void *realloc(void *block, size_t size)
{
    note(block, -1);
    void *moved = __libc_realloc(block, size);
    if (!moved && size) note(block, 1);
    return counted(moved);
}

void *memalign(size_t alignment, size_t size)
{
    return counted(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    if (alignment % sizeof(void *) || alignment & (alignment - 1) || !alignment) return EINVAL;
    void *fresh = memalign(alignment, size);
    if (!fresh) return ENOMEM;
    *block = fresh;
    return 0;
}

void free(void *block)
{
    note(block, -1);
    __libc_free(block);
}

#endif
