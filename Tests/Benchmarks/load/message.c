// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "load.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void send_packet(struct session *s, const char *p, size_t n)
{
    if (is_ws()) {
        add_frame(&s->main.tx, 1, p, n);
        mark_dirty(&s->main);
    } else {
        if (buf_left(&s->postq)) buf_add(&s->postq, "\x1e", 1);
        buf_add(&s->postq, p, n);
        flush_post(s);
    }
}

void send_request(struct session *s, uint64_t now)
{
    s->ring[s->sent % cfg.window] = now;
    G.outstanding++;
    send_message(s, s->sent++);
}

void send_broadcast(uint64_t now)
{
    struct session *pub = &G.sessions[G.total - 1];
    B.slot[B.sent % B.ring].at = now;
    B.slot[B.sent % B.ring].left = cfg.connections;
    send_message(pub, B.sent++);
}

static void on_echo(struct session *s, const char *p, size_t n, uint64_t now)
{
    if (s->rcvd == s->sent) {
        G.err_mismatch++;
        note("connection %u: a reply to nothing: %.*s", s->id, (int)(n < 60 ? n : 60), p);
        return;
    }
    if (!matches(p, n, s->id, s->rcvd)) {
        G.err_mismatch++;
        note("connection %u, message %" PRIu64 ": got %zu bytes: %.*s", s->id, s->rcvd, n, (int)(n < 60 ? n : 60), p);
    }
    uint64_t at = s->ring[s->rcvd++ % cfg.window];
    G.outstanding--;
    if (G.phase == PH_MEASURE) {
        G.messages++;
        s->measured++;
        hist_add(&lat, now - at);
    }
    if (G.phase == PH_WARM || G.phase == PH_MEASURE) send_request(s, now);
}

static void on_delivery(struct session *s, const char *p, size_t n, uint64_t now)
{
    if (s->publisher) return; /* whether it hears itself is the server's choice */
    if (s->rcvd == B.sent || !matches(p, n, G.total - 1, s->rcvd)) {
        G.err_mismatch++;
        note("subscriber %u, broadcast %" PRIu64 ": got %zu bytes: %.*s", s->id, s->rcvd, n, (int)(n < 60 ? n : 60), p);
        if (s->rcvd == B.sent) return;
    }
    uint64_t slot = s->rcvd++ % B.ring;
    if (G.phase == PH_MEASURE) {
        G.deliveries++;
        s->measured++;
        hist_add(&lat, now - B.slot[slot].at);
    }
    if (--B.slot[slot].left == 0) {
        B.done++;
        if (G.phase == PH_MEASURE) {
            G.broadcasts++;
            hist_add(&lat_full, now - B.slot[slot].at);
        }
        if (G.phase == PH_WARM || G.phase == PH_MEASURE) send_broadcast(now);
    }
}

void on_message(struct session *s, const char *p, size_t n, uint64_t now)
{
    if (s->state != ST_READY) {
        if (s->state != ST_CLOSING) fail_session(s, &G.err_protocol, "a message before the connection was ready");
    } else if (cfg.mode == M_ECHO || cfg.mode == M_CROWD) {
        on_echo(s, p, n, now);
    } else if (cfg.mode == M_FANOUT) {
        on_delivery(s, p, n, now);
    } else {
        G.extra++;
    }
}

/* A packet that says how many messages have come. */
static void tell(struct session *s, char type)
{
    char packet[24];
    int n = cfg.resume ? snprintf(packet, sizeof packet, "%c%" PRIu64, type, s->taken) : 1;
    packet[0] = type;
    s->told = s->taken;
    s->untold = 0;
    send_packet(s, packet, (size_t)n);
}

/* Counts a message of a lossless session, and acknowledges when it is time to (Protocol.md, section 4); in idle mode at
   once, as the first pong would. */
static void take(struct session *s, size_t n)
{
    s->taken++;
    s->untold += n;
    if (cfg.mode == M_IDLE || s->taken - s->told >= 64 || s->untold >= 64 << 10) tell(s, '6');
}

/* The session goes on over another connection, to another server; nothing has been sent in it yet. */
static void attach_elsewhere(struct session *s)
{
    sock_close(&s->main);
    s->moved = true;
    if (!sock_open(&s->main)) {
        fail_session(s, &G.err_connect, "connect");
        return;
    }
    send_request_head(&s->main, "GET", 0);
}

/* One Engine.IO packet, whatever brought it. */
void on_packet(struct session *s, const char *p, size_t n, uint64_t now)
{
    if (!n) {
        fail_session(s, &G.err_protocol, "an empty Engine.IO packet");
        return;
    }
    char nsp[128] = "";
    if (strcmp(cfg.nsp, "/") != 0) snprintf(nsp, sizeof nsp, "%s,", cfg.nsp);
    switch (p[0]) {
    case '0': {
        const char *sid = memmem(p, n, "\"sid\":\"", 7);
        const char *end = sid ? memchr(sid + 7, '"', (size_t)(p + n - (sid + 7))) : NULL;
        bool attached = is_ws() && s->moved;
        if (!end || end - (sid + 7) >= (long)sizeof s->sid || (s->sid[0] && !attached) ||
            (attached && !starts_with(sid + 7, (size_t)(end - (sid + 7)), s->sid))) {
            fail_session(s, &G.err_protocol, "a wrong open packet: %.*s", (int)(n < 60 ? n : 60), p);
            return;
        }
        memcpy(s->sid, sid + 7, (size_t)(end - (sid + 7)));
        s->sid[end - (sid + 7)] = 0;
        if (cfg.resume && !memmem(p, n, "\"resume\":", 9)) {
            fail_session(s, &G.err_protocol, "the server does not do lossless sessions");
            return;
        }
        if (is_ws() && cfg.request_port && !attached) {
            attach_elsewhere(s);
            return;
        }
        char hello[160] = "40";
        strcat(hello, nsp);
        send_packet(s, hello, strlen(hello));
        return;
    }
    case '2':
        G.pings++;
        tell(s, '3');
        return;
    case '6': return;
    case '1':
        if (s->state != ST_CLOSING) fail_session(s, &G.err_closed, "the server closed the Engine.IO session");
        return;
    case '4':
        if (cfg.resume) take(s, n - 1);
        if (s->state == ST_OPENING) {
            char want[160] = "40";
            strcat(want, nsp);
            strcat(want, "{");
            if (starts_with(p, n, want)) on_ready(s, now);
            else if (starts_with(p, n, "44"))
                fail_session(s, &G.err_protocol, "connect refused: %.*s", (int)(n < 60 ? n : 60), p);
            else G.extra++; /* events may come before the connect packet */
            return;
        }
        if (cfg.mode == M_CROWD && is_crowd_broadcast(p, n)) {
            on_crowd_broadcast(s, now);
            return;
        }
        if (T.placeholder) {
            if (n == T.placeholder_len && memcmp(p, T.placeholder, n) == 0) s->await_binary = true;
            else G.extra++;
            return;
        }
        /* only the event asked for (with --ack: any acknowledgement) is an answer; a server may emit others as well */
        if (n > 1 && p[1] == T.expect[1] && (cfg.ack || !strncmp(p, T.expect, strlen(nsp) + strlen(cfg.event) + 6)))
            on_message(s, p, n, now);
        else G.extra++;
        return;
    default: fail_session(s, &G.err_protocol, "an unknown Engine.IO packet: %.*s", (int)(n < 60 ? n : 60), p);
    }
}
