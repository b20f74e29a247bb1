// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#include "load.h"

struct hist lat, lat_full;

static unsigned hist_index(uint64_t v)
{
    if (v < HIST_SUB) return (unsigned)v;
    unsigned e = 63u - (unsigned)__builtin_clzll(v) - HIST_SUB_BITS;
    return (e + 1) * HIST_SUB + (unsigned)((v >> e) - HIST_SUB);
}

static uint64_t hist_top(unsigned i)
{
    if (i < HIST_SUB) return i;
    unsigned e = i / HIST_SUB - 1;
    return (((uint64_t)(i % HIST_SUB) + HIST_SUB + 1) << e) - 1;
}

void hist_add(struct hist *h, uint64_t v)
{
    h->n++;
    if (v > h->max) h->max = v;
    h->bucket[hist_index(v)]++;
}

uint64_t hist_at(const struct hist *h, double q)
{
    uint64_t want = (uint64_t)(q * (double)h->n + 0.5), seen = 0;
    if (!h->n) return 0;
    if (want < 1) want = 1;
    for (unsigned i = 0; i < HIST_BUCKETS; i++) {
        seen += h->bucket[i];
        if (seen >= want) {
            uint64_t top = hist_top(i);
            return top < h->max ? top : h->max;
        }
    }
    return h->max;
}
