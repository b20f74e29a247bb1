// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#include "load.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

static char rbuf[256 << 10];
struct server_use use_before, use_after, mem_before, mem_open, mem_end;
double own_before, own_after, other_before, other_after;

static void take_input(struct sock *k, const char *p, size_t n, uint64_t now)
{
    bool kept = buf_left(&k->rx) > 0;
    if (kept) {
        buf_add(&k->rx, p, n);
        p = k->rx.p + k->rx.off;
        n = buf_left(&k->rx);
    }
    size_t at = 0;
    while (at < n) {
        ssize_t use = k->upgraded ? take_frame(k->s, p + at, n - at, now)
                      : is_ws()   ? take_upgrade(k->s, p + at, n - at, now)
                                  : take_http(k, p + at, n - at, now);
        if (use < 0) return; /* the socket is gone, or is another one, and its buffers are empty */
        if (use == 0) break;
        at += (size_t)use;
    }
    if (kept) {
        k->rx.off += at;
        if (k->rx.off == k->rx.len) {
            if (k->rx.cap > 65536) buf_free(&k->rx);
            buf_clear(&k->rx);
        }
    } else if (at < n) {
        buf_add(&k->rx, p + at, n - at);
    }
}

static void on_eof(struct sock *k, uint64_t now, const char *why)
{
    struct session *s = k->s;
    if (s->state == ST_CLOSING) {
        on_closed(s, now);
    } else if (k->role == R_POST && !s->post_busy) {
        sock_close(k); /* an idle keep-alive connection; the next POST opens another */
        G.reconnects++;
    } else {
        fail_session(s, s->state == ST_OPENING ? &G.err_connect : &G.err_closed, "%s", why);
    }
}

static void on_event(struct sock *k, uint32_t events)
{
    if (k->fd < 0) return; /* closed by an earlier event of this batch */
    if (events & EPOLLOUT) {
        k->want_out = false;
        sock_flush(k);
        if (k->fd < 0) return;
        if (!k->want_out) watch(k, EPOLL_CTL_MOD);
    }
    if (!(events & (EPOLLIN | EPOLLERR | EPOLLHUP))) return;
    ssize_t n = recv(k->fd, rbuf, sizeof rbuf, 0);
    uint64_t now = now_ns();
    if (n > 0) {
        G.last_rx = now;
        if (G.phase == PH_MEASURE) G.bytes_in += (uint64_t)n;
        take_input(k, rbuf, (size_t)n, now);
    } else if (n == 0) {
        on_eof(k, now, "the server ended the connection");
    } else if (errno != EAGAIN && errno != EINTR) {
        on_eof(k, now, strerror(errno));
    }
}

void on_ready(struct session *s, uint64_t now)
{
    s->state = ST_READY;
    G.opening--;
    G.ready++;
    if (cfg.mode != M_CONNECT) return;
    G.ready--;
    if (G.phase == PH_MEASURE) hist_add(&lat, now - s->opened_at);
    close_session(s, now);
}

void on_closed(struct session *s, uint64_t now)
{
    session_release(s);
    s->state = ST_NEW;
    if (cfg.mode != M_CONNECT) return;
    G.cycles_all++;
    if (G.phase == PH_MEASURE) {
        G.messages++;
        hist_add(&lat_full, now - s->opened_at);
    }
    if (G.phase <= PH_MEASURE && !(cfg.count && G.cycles_all + G.opening >= cfg.count)) open_session(s, now);
}

static void enter(enum phase ph, uint64_t now, double seconds)
{
    G.phase = ph;
    G.phase_end = now + (uint64_t)(seconds * 1e9);
}

static void open_some(uint64_t now)
{
    while (G.opened < G.total && G.opening < cfg.concurrency) {
        open_session(&G.sessions[G.opened++], now);
        flush_dirty();
        if (G.dead) break;
    }
}

static void begin_load(uint64_t now)
{
    G.open_end = now;
    if (cfg.mode == M_IDLE) {
        enter(PH_HOLD, now, cfg.duration);
        return;
    }
    if (cfg.mode == M_CROWD) {
        enter(PH_HOLD, now, 0);
        crowd_open(now);
        return;
    }
    enter(PH_WARM, now, cfg.warmup);
    G.last_rx = now;
    if (cfg.mode == M_ECHO) {
        for (unsigned i = 0; i < G.total; i++) {
            for (unsigned w = 0; w < cfg.window && G.sessions[i].state == ST_READY; w++)
                send_request(&G.sessions[i], now);
            flush_dirty();
        }
    } else if (cfg.mode == M_FANOUT) {
        for (unsigned w = 0; w < cfg.window; w++) send_broadcast(now);
        flush_dirty();
    }
}

static bool drained(void)
{
    if (cfg.mode == M_ECHO) return G.outstanding == 0;
    if (cfg.mode == M_FANOUT) return B.done == B.sent;
    for (unsigned i = 0; i < G.total; i++)
        if (G.sessions[i].state == ST_OPENING || G.sessions[i].state == ST_CLOSING) return false;
    return true;
}

/* A peer that never closes after our close frame must not hold a slot for ever. */
static void cut_slow_closers(uint64_t now)
{
    if (cfg.mode != M_CONNECT) return;
    for (unsigned i = 0; i < G.total; i++) {
        struct session *s = &G.sessions[i];
        if (s->state == ST_CLOSING && now - s->closing_at > 2 * NS_PER_SEC) {
            G.slow_close++;
            on_closed(s, now);
        }
    }
    flush_dirty();
}

static void step(uint64_t now)
{
    bool due = now >= G.phase_end;
    switch (G.phase) {
    case PH_OPEN:
        open_some(now);
        if (G.dead) {
            G.aborted = true;
        } else if (cfg.mode == M_CONNECT) {
            G.open_end = now;
            enter(PH_WARM, now, cfg.warmup);
        } else if (G.ready == G.total) {
            mem_open = server_use(true);
            begin_load(now);
        }
        break;
    case PH_WARM:
        if (!due) break;
        use_before = server_use(false);
        own_before = own_cpu();
        other_before = other_cpu();
        G.measure_start = now = now_ns();
        enter(PH_MEASURE, now, cfg.duration);
        break;
    case PH_MEASURE:
        if (!due && !(cfg.count && G.messages + G.deliveries >= cfg.count)) break;
        G.measure_end = now;
        own_after = own_cpu();
        other_after = other_cpu();
        use_after = server_use(false);
        enter(PH_DRAIN, now, cfg.stall);
        /* fall through */
    case PH_DRAIN:
        if (drained()) {
            G.phase = PH_DONE;
        } else if (now >= G.phase_end) {
            G.stalled = true;
            note("%" PRIu64 " messages never came back", cfg.mode == M_FANOUT ? B.sent - B.done : G.outstanding);
        }
        break;
    case PH_HOLD:
        if (cfg.mode == M_CROWD ? crowd_step(now) : due) G.phase = PH_DONE;
        break;
    case PH_DONE: break;
    }
    if (G.phase != PH_HOLD && G.phase != PH_DONE && now > G.last_rx && (double)(now - G.last_rx) / 1e9 > cfg.stall) {
        G.stalled = true;
        note("nothing was received for %.1f s", cfg.stall);
    }
    if ((cfg.mode == M_ECHO || cfg.mode == M_IDLE) && G.dead == G.total) G.aborted = true;
    if (cfg.mode == M_CONNECT && G.dead > cfg.concurrency / 2) G.aborted = true;
}

void run(void)
{
    static struct epoll_event ev[1024];
    uint64_t tick = 0;
    while (G.phase != PH_DONE && !G.stalled && !G.aborted) {
        int n = epoll_wait(G.ep, ev, 1024, 20);
        if (n < 0 && errno != EINTR) die(EXIT_STALLED, "epoll_wait: %s", strerror(errno));
        for (int i = 0; i < n; i++) {
            on_event(ev[i].data.ptr, ev[i].events);
            flush_dirty();
        }
        uint64_t now = now_ns();
        if (now - tick > 100 * NS_PER_MS) {
            tick = now;
            cut_slow_closers(now);
        }
        step(now);
    }
}

/* Close what is still open as a client would; nothing is waited for. */
void say_goodbye(void)
{
    for (unsigned i = 0; i < G.total; i++) {
        if (G.sessions[i].state != ST_READY) continue;
        close_session(&G.sessions[i], now_ns());
        flush_dirty();
    }
}

void begin(void)
{
    mem_before = server_use(true);
    G.open_start = G.last_rx = now_ns();
    enter(PH_OPEN, G.open_start, 0);
    open_some(G.open_start);
}
