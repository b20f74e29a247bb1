// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Takes the place of glibc's allocation functions in the program that links this, and counts their calls. The blocks
// still come from glibc, so `free` and whatever else is left alone go on working. A sanitizer has the same trick in
// mind, so with one nothing is replaced.

#include "allocation_counter.h"

#include <errno.h>
#if defined(__GLIBC__)
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>
#endif
#include <stddef.h>
#include <stdlib.h>

static _Thread_local uint64_t count;

uint64_t allocation_count(void)
{
    return count;
}

uint64_t resident_bytes(void)
{
#if defined(__GLIBC__)
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    malloc_trim(0);
    if (!file) return 0;
    if (fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
    fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
#else
    return 0;
#endif
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

void *malloc(size_t size)
{
    count++;
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    count++;
    return __libc_calloc(number, size);
}

// Counted whether it had to move the block or not: that would depend on what else is on the heap.
void *realloc(void *block, size_t size)
{
    count++;
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size)
{
    count++;
    return __libc_memalign(alignment, size);
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

#endif
