// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#include "load.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct state G;
struct broadcasts B;

void note(const char *fmt, ...)
{
    if (G.why[0]) return; /* the first reason is the one to show */
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(G.why, sizeof G.why, fmt, ap);
    va_end(ap);
    for (char *p = G.why; *p; p++)
        if (*p < 0x20 || *p > 0x7e || *p == '"' || *p == '\\') *p = '?'; /* it goes into JSON as it is */
}

void session_release(struct session *s)
{
    sock_close(&s->main);
    sock_close(&s->post);
    s->post_busy = false;
    s->await_binary = false;
    s->frag_op = 0;
    buf_clear(&s->frag);
    buf_clear(&s->postq);
    inflate_end(s);
}

void fail_session(struct session *s, uint64_t *counter, const char *fmt, ...)
{
    if (s->state == ST_DEAD || comeback_lost(s)) return;
    if (!G.why[0]) {
        char text[120];
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(text, sizeof text, fmt, ap);
        va_end(ap);
        note("connection %u: %s", s->id, text);
    }
    ++*counter;
    if (s->state == ST_OPENING) G.opening--;
    if (s->state == ST_READY) G.ready--;
    s->state = ST_DEAD;
    G.dead++;
    G.lost += s->sent - s->rcvd;
    G.outstanding -= cfg.mode == M_ECHO || cfg.mode == M_CROWD ? s->sent - s->rcvd : 0;
    session_release(s);
    if (cfg.mode == M_FANOUT) G.aborted = true; /* a lost subscriber would stall the loop */
}

void open_session(struct session *s, uint64_t now)
{
    s->state = ST_OPENING;
    s->opened_at = now;
    s->sid[0] = 0;
    s->moved = false;
    s->taken = s->told = s->untold = 0;
    G.opening++;
    if (!sock_open(&s->main)) {
        fail_session(s, &G.err_connect, "connect");
        return;
    }
    send_request_head(&s->main, "GET", 0);
}

void close_session(struct session *s, uint64_t now)
{
    s->state = ST_CLOSING;
    s->closing_at = now;
    if (is_ws()) {
        add_frame(&s->main.tx, 8, "\x03\xe8", 2);
        mark_dirty(&s->main);
    } else {
        send_packet(s, "1", 1);
    }
}
