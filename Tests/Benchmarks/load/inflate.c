// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#include "load.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/*
 * Without context takeover equal bytes inflate to equal text, so a fan-out's
 * copies are inflated once. A direct-mapped cache of what was seen last.
 */
#define CACHE_SLOTS 64
static struct cached {
    char *in, *out;
    size_t in_len, out_len, in_cap, out_cap;
} cache[CACHE_SLOTS];

static struct cached *cache_slot(const char *p, size_t n)
{
    uint64_t h = n * 0x9E3779B97F4A7C15ull, w = 0;
    for (size_t i = 0; i + 8 <= n; i += 8) {
        memcpy(&w, p + i, 8);
        h = (h ^ w) * 0xff51afd7ed558ccdull;
        h ^= h >> 32;
    }
    return &cache[h % CACHE_SLOTS];
}

static char *keep(char *old, size_t *cap, const char *p, size_t n)
{
    if (n > *cap) {
        old = realloc(old, n);
        if (!old) die(EXIT_STALLED, "out of memory");
        *cap = n;
    }
    memcpy(old, p, n);
    return old;
}

bool inflate_message(struct session *s, const char *p, size_t n, const char **out, size_t *out_len)
{
    static struct buf plain;
    struct cached *c = NULL;
    if (s->no_takeover) {
        c = cache_slot(p, n);
        if (c->in_len == n && memcmp(c->in, p, n) == 0) {
            *out = c->out;
            *out_len = c->out_len;
            return true;
        }
    }
    if (!s->inflater) {
        s->inflater = xalloc(1, sizeof *s->inflater);
        if (inflateInit2(s->inflater, -15) != Z_OK) die(EXIT_STALLED, "inflateInit2");
    } else if (s->no_takeover) {
        inflateReset(s->inflater);
    }
    z_stream *z = s->inflater;
    buf_clear(&plain);
    for (int part = 0; part < 2; part++) {
        z->next_in = (Bytef *)(part ? "\0\0\xff\xff" : p);
        z->avail_in = part ? 4 : (uInt)n;
        do {
            z->next_out = (Bytef *)buf_room(&plain, 4096);
            z->avail_out = (uInt)(plain.cap - plain.len);
            uInt before = z->avail_out;
            int rc = inflate(z, Z_SYNC_FLUSH);
            plain.len += before - z->avail_out;
            if (rc == Z_STREAM_END) inflateReset(z);
            else if (rc != Z_OK && rc != Z_BUF_ERROR) return false;
            if (plain.len > MAX_MESSAGE) return false;
            if (rc == Z_BUF_ERROR && z->avail_out) break;
        } while (z->avail_in || !z->avail_out);
    }
    *out = plain.p;
    *out_len = plain.len;
    if (c) {
        c->in = keep(c->in, &c->in_cap, p, n), c->in_len = n;
        c->out = keep(c->out, &c->out_cap, plain.p, plain.len), c->out_len = plain.len;
    }
    return true;
}

void inflate_end(struct session *s)
{
    if (!s->inflater) return;
    inflateEnd(s->inflater);
    free(s->inflater);
    s->inflater = NULL;
}
