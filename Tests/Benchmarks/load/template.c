// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct template T;

#define STAMP_DIGITS 16 /* hex digits at the head of every payload */
#define ACK_ID_BASE 1000000u /* ack ids have seven digits, so templates keep their length */

static void put_hex(char *dst, unsigned digits, uint64_t v)
{
    static const char set[] = "0123456789abcdef";
    for (unsigned i = digits; i-- > 0; v >>= 4) dst[i] = set[v & 15];
}

static void put_dec(char *dst, unsigned digits, uint64_t v)
{
    for (unsigned i = digits; i-- > 0; v /= 10) dst[i] = (char)('0' + v % 10);
}

static uint64_t stamp_of(uint32_t sender, uint64_t seq)
{
    return (uint64_t)sender << 40 | (seq & 0xffffffffffull);
}

static uint32_t ack_id_of(uint64_t seq)
{
    return ACK_ID_BASE + (uint32_t)(seq % 1000000);
}

/* The event's argument: `payload` bytes of text, or a JSON object of that size. */
static char *make_payload(size_t n, size_t *stamp_at, unsigned *stamp_len)
{
    char *p = xalloc(n + 1, 1);
    if (!cfg.json_payload) {
        static const char words[] = "The quick brown fox jumps over the lazy dog while 1234567890 sheep watch. ";
        for (size_t i = 0; i < n; i++) p[i] = words[i % (sizeof words - 1)];
        *stamp_at = 0;
        *stamp_len = n < STAMP_DIGITS ? (unsigned)n : STAMP_DIGITS;
        return p;
    }
    static const char head[] = "{\"id\":\"0000000000000000\",\"items\":[";
    static const char tail[] = "],\"pad\":\"\"}";
    if (n < sizeof head + sizeof tail)
        die(EXIT_USAGE, "--json needs a payload of at least %zu bytes", sizeof head + sizeof tail);
    size_t at = sizeof head - 1, end = n - (sizeof tail - 1);
    memcpy(p, head, at);
    for (unsigned i = 0;; i++) {
        static const char *const names[] = {"alice", "bob", "carol", "dave", "erin", "frank"};
        char item[160];
        unsigned r = i * 2654435761u;
        int k = snprintf(item, sizeof item, "%s{\"n\":%u,\"user\":\"%s\",\"price\":%u,\"volume\":%u,\"open\":%s}",
                         i ? "," : "", i, names[(r >> 8) % 6], 1000 + (r >> 16) % 9000, (r >> 4) % 100000,
                         r >> 30 & 1 ? "true" : "false");
        if (at + (size_t)k > end) break;
        memcpy(p + at, item, (size_t)k);
        at += (size_t)k;
    }
    memcpy(p + at, tail, sizeof tail - 3); /* up to the pad's opening quote */
    at += sizeof tail - 3;
    while (at < n - 2) p[at++] = 'x';
    memcpy(p + at, "\"}", 2);
    *stamp_at = 7;
    *stamp_len = STAMP_DIGITS;
    return p;
}

void make_templates(void)
{
    size_t stamp_at;
    unsigned stamp_len;
    char *arg = make_payload(cfg.payload, &stamp_at, &stamp_len);
    struct buf out = {0}, in = {0};
    const char *quote = cfg.json_payload ? "" : "\"";
    char nsp[128] = "";
    if (strcmp(cfg.nsp, "/") != 0) snprintf(nsp, sizeof nsp, "%s,", cfg.nsp);
    T.id_at = T.expect_id_at = NOWHERE;
    if (getrandom(T.mask, 4, 0) != 4) memcpy(T.mask, "\x5a\xc3\x1f\x88", 4);

    if (cfg.proto == P_RAW) {
        buf_add(&out, arg, cfg.payload);
        buf_add(&in, arg, cfg.payload);
        T.stamp_at = T.expect_stamp_at = stamp_at;
    } else if (cfg.binary) {
        char head[256];
        T.placeholder_len =
            (size_t)snprintf(head, sizeof head, "451-%s[\"%s\",{\"_placeholder\":true,\"num\":0}]", nsp, cfg.event);
        T.placeholder = strdup(head);
        buf_add(&out, arg, cfg.payload);
        buf_add(&in, arg, cfg.payload);
        T.stamp_at = T.expect_stamp_at = stamp_at;
    } else {
        buf_str(&out, "42");
        buf_str(&in, cfg.ack ? "43" : "42");
        buf_str(&out, nsp);
        buf_str(&in, nsp);
        if (cfg.ack) {
            T.id_at = out.len;
            T.expect_id_at = in.len;
            buf_str(&out, "1000000");
            buf_str(&in, "1000000");
        }
        buf_str(&out, "[\"");
        buf_str(&out, cfg.event);
        buf_str(&out, "\",");
        buf_str(&out, quote);
        buf_str(&in, "[");
        if (!cfg.ack) {
            buf_str(&in, "\"");
            buf_str(&in, cfg.event);
            buf_str(&in, "\",");
        }
        buf_str(&in, quote);
        T.stamp_at = out.len + stamp_at;
        T.expect_stamp_at = in.len + stamp_at;
        buf_add(&out, arg, cfg.payload);
        buf_add(&in, arg, cfg.payload);
        buf_str(&out, quote);
        buf_str(&in, quote);
        buf_str(&out, "]");
        buf_str(&in, "]");
    }
    free(arg);
    T.packet = out.p, T.packet_len = out.len;
    T.expect = in.p, T.expect_len = in.len;
    T.stamp_len = stamp_len;

    struct buf f = {0};
    if (T.placeholder) add_frame(&f, 1, T.placeholder, T.placeholder_len);
    uint8_t h[14];
    size_t payload_at = f.len + frame_header(h, 1, T.packet_len, T.mask);
    add_frame(&f, cfg.binary ? 2 : 1, T.packet, T.packet_len);
    T.frame = f.p, T.frame_len = f.len;
    T.frame_stamp_at = payload_at + T.stamp_at;
    T.frame_id_at = T.id_at == NOWHERE ? NOWHERE : payload_at + T.id_at;
}

static void patch_masked(char *at, const char *digits, unsigned n, size_t packet_off)
{
    for (unsigned i = 0; i < n; i++) at[i] = (char)((uint8_t)digits[i] ^ T.mask[(packet_off + i) & 3]);
}

/* --deflate-tx: each message is compressed on its own (no context kept). */
static void send_compressed(struct session *s)
{
    static z_stream z;
    static bool made;
    static uint8_t *out;
    size_t room = T.packet_len + T.packet_len / 1000 + 64;
    if (!made) {
        if (deflateInit2(&z, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) die(EXIT_STALLED, "deflateInit2");
        out = xalloc(room, 1);
        made = true;
    }
    deflateReset(&z);
    z.next_in = (Bytef *)T.packet, z.avail_in = (uInt)T.packet_len;
    z.next_out = out, z.avail_out = (uInt)room;
    if (deflate(&z, Z_SYNC_FLUSH) != Z_OK || z.avail_in) die(EXIT_STALLED, "deflate");
    size_t at = s->main.tx.len, from = at - s->main.tx.off;
    add_frame(&s->main.tx, cfg.binary ? 2 : 1, (char *)out, room - z.avail_out - 4);
    s->main.tx.p[s->main.tx.off + from] |= 0x40; /* RSV1 */
}

void send_message(struct session *s, uint64_t seq)
{
    char digits[STAMP_DIGITS], id[7];
    put_hex(digits, T.stamp_len, stamp_of(s->id, seq));
    if (cfg.ack) put_dec(id, 7, ack_id_of(seq));
    if (cfg.deflate_tx && s->deflated && !T.placeholder) {
        memcpy(T.packet + T.stamp_at, digits, T.stamp_len);
        if (cfg.ack) memcpy(T.packet + T.id_at, id, 7);
        send_compressed(s);
        mark_dirty(&s->main);
        return;
    }
    if (is_ws()) {
        patch_masked(T.frame + T.frame_stamp_at, digits, T.stamp_len, T.stamp_at);
        if (cfg.ack) patch_masked(T.frame + T.frame_id_at, id, 7, T.id_at);
        buf_add(&s->main.tx, T.frame, T.frame_len);
        mark_dirty(&s->main);
    } else {
        memcpy(T.packet + T.stamp_at, digits, T.stamp_len);
        if (cfg.ack) memcpy(T.packet + T.id_at, id, 7);
        send_packet(s, T.packet, T.packet_len);
    }
}

bool matches(const char *p, size_t n, uint32_t sender, uint64_t seq)
{
    if (n != T.expect_len) return false;
    put_hex(T.expect + T.expect_stamp_at, T.stamp_len, stamp_of(sender, seq));
    if (cfg.ack) put_dec(T.expect + T.expect_id_at, 7, ack_id_of(seq));
    return memcmp(p, T.expect, n) == 0;
}
