// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "load.h"

#include <string.h>

size_t frame_header(uint8_t *h, unsigned opcode, size_t n, const uint8_t mask[4])
{
    size_t k = 2;
    h[0] = (uint8_t)(0x80 | opcode);
    if (n < 126) {
        h[1] = (uint8_t)(0x80 | n);
    } else if (n < 65536) {
        h[1] = 0x80 | 126;
        h[2] = (uint8_t)(n >> 8);
        h[3] = (uint8_t)n;
        k = 4;
    } else {
        h[1] = 0x80 | 127;
        for (int i = 0; i < 8; i++) h[2 + i] = (uint8_t)((uint64_t)n >> (56 - 8 * i));
        k = 10;
    }
    memcpy(h + k, mask, 4);
    return k + 4;
}

void add_frame(struct buf *b, unsigned opcode, const char *p, size_t n)
{
    uint8_t h[14];
    buf_add(b, h, frame_header(h, opcode, n, T.mask));
    char *d = buf_room(b, n);
    for (size_t i = 0; i < n; i++) d[i] = (char)((uint8_t)p[i] ^ T.mask[i & 3]);
    b->len += n;
}

static void on_ws_message(struct session *s, unsigned opcode, bool compressed, const char *p, size_t n, uint64_t now)
{
    if (compressed) {
        if (!inflate_message(s, p, n, &p, &n)) {
            fail_session(s, &G.err_protocol, "a message that does not inflate");
            return;
        }
    }
    if (cfg.proto == P_RAW) {
        if (opcode != (cfg.binary ? 2u : 1u)) G.err_mismatch++, note("connection %u: opcode %u", s->id, opcode);
        on_message(s, p, n, now);
    } else if (opcode == 1) {
        on_packet(s, p, n, now);
    } else if (s->await_binary) {
        s->await_binary = false;
        on_message(s, p, n, now);
    } else {
        G.extra++;
    }
}

/* Take one frame from p[0..n): its length, 0 when it is not all here, -1 when the session failed. */
ssize_t take_frame(struct session *s, const char *data, size_t n, uint64_t now)
{
    const uint8_t *p = (const uint8_t *)data;
    if (n < 2) return 0;
    uint64_t len = p[1] & 127;
    size_t head = 2;
    if (len == 126) {
        if (n < 4) return 0;
        len = (uint64_t)p[2] << 8 | p[3];
        head = 4;
    } else if (len == 127) {
        if (n < 10) return 0;
        len = 0;
        for (int i = 0; i < 8; i++) len = len << 8 | p[2 + i];
        head = 10;
    }
    if (p[1] & 0x80 || p[0] & 0x30 || len > MAX_MESSAGE || (p[0] & 0x40 && !s->deflated)) {
        fail_session(s, &G.err_protocol, "a wrong frame header %02x %02x", p[0], p[1]);
        return -1;
    }
    if (n - head < len) return 0;
    const char *body = data + head;
    unsigned op = p[0] & 15;
    bool fin = p[0] & 0x80, rsv1 = p[0] & 0x40, moved = s->moved;
    switch (op) {
    case 1:
    case 2:
        if (s->frag_op) {
            fail_session(s, &G.err_protocol, "a new message inside a fragmented one");
            return -1;
        }
        if (fin) {
            on_ws_message(s, op, rsv1, body, len, now);
        } else {
            s->frag_op = (uint8_t)op;
            s->frag_deflated = rsv1;
            buf_add(&s->frag, body, len);
        }
        break;
    case 0:
        if (!s->frag_op || rsv1 || s->frag.len + len > MAX_MESSAGE) {
            fail_session(s, &G.err_protocol, "a wrong continuation frame");
            return -1;
        }
        buf_add(&s->frag, body, len);
        if (fin) {
            op = s->frag_op;
            s->frag_op = 0;
            on_ws_message(s, op, s->frag_deflated, s->frag.p, s->frag.len, now);
            buf_clear(&s->frag);
        }
        break;
    case 8:
        if (s->state != ST_CLOSING) {
            fail_session(s, &G.err_closed, "the server closed with code %d",
                         len >= 2 ? (uint8_t)body[0] << 8 | (uint8_t)body[1] : 0);
            return -1;
        }
        break; /* its answer to our close; the end of the stream follows */
    case 9:
        G.pings++;
        add_frame(&s->main.tx, 10, body, len);
        mark_dirty(&s->main);
        break;
    case 10: break;
    default: fail_session(s, &G.err_protocol, "opcode %u", op); return -1;
    }
    return s->state == ST_DEAD || s->main.fd < 0 || s->moved != moved ? -1 : (ssize_t)(head + len);
}

/* The answer to the upgrade: its length, 0 when it is not all here, -1 when it failed. */
ssize_t take_upgrade(struct session *s, const char *p, size_t n, uint64_t now)
{
    const char *end = memmem(p, n, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t head = (size_t)(end - p) + 4, len;
    if (status_of(p, head) != 101) {
        fail_session(s, &G.err_protocol, "no upgrade: %.*s", 40, p);
        return -1;
    }
    const char *accept = header(p, head, "Sec-WebSocket-Accept", &len);
    if (!accept || len != strlen(G.ws_accept) || memcmp(accept, G.ws_accept, len) != 0) {
        fail_session(s, &G.err_protocol, "a wrong Sec-WebSocket-Accept");
        return -1;
    }
    s->deflated = header_has(p, head, "Sec-WebSocket-Extensions", "permessage-deflate");
    s->no_takeover = header_has(p, head, "Sec-WebSocket-Extensions", "server_no_context_takeover");
    if (s->deflated && !cfg.deflate) {
        fail_session(s, &G.err_protocol, "an extension that was not offered");
        return -1;
    }
    if (s->deflated) G.deflate_ok++;
    s->main.upgraded = true;
    if (cfg.proto == P_RAW) on_ready(s, now);
    return (ssize_t)head;
}
