// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#include "load.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sock **dirty;
static unsigned dirty_n, dirty_cap;

void mark_dirty(struct sock *k)
{
    if (k->dirty) return;
    k->dirty = true;
    if (dirty_n == dirty_cap) {
        dirty_cap = dirty_cap ? dirty_cap * 2 : 1024;
        dirty = realloc(dirty, dirty_cap * sizeof *dirty);
        if (!dirty) die(EXIT_STALLED, "out of memory");
    }
    dirty[dirty_n++] = k;
}

void watch(struct sock *k, int op)
{
    struct epoll_event ev = {.events = EPOLLIN | (k->want_out ? EPOLLOUT : 0), .data.ptr = k};
    if (epoll_ctl(G.ep, op, k->fd, &ev) < 0) die(EXIT_STALLED, "epoll_ctl: %s", strerror(errno));
}

void sock_close(struct sock *k)
{
    if (k->fd < 0) return;
    close(k->fd);
    k->fd = -1;
    k->want_out = k->upgraded = false;
    buf_clear(&k->rx);
    buf_clear(&k->tx);
    buf_clear(&k->body);
    k->http_state = H_HEAD;
}

bool sock_open(struct sock *k)
{
    int one = 1;
    k->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (k->fd < 0) {
        note("socket: %s", strerror(errno));
        return false;
    }
    k->http_state = H_HEAD;
    k->upgraded = false;
    setsockopt(k->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (cfg.sources > 1 || cfg.first_source != 1) {
        struct sockaddr_in from = {.sin_family = AF_INET};
        from.sin_addr.s_addr = htonl(0x7f000000u + cfg.first_source + k->s->id % cfg.sources);
        setsockopt(k->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        if (bind(k->fd, (struct sockaddr *)&from, sizeof from) < 0) {
            note("bind: %s", strerror(errno));
            sock_close(k);
            return false;
        }
    }
    struct sockaddr_in to = G.server;
    to.sin_port = htons((uint16_t)port_of(k->s));
    if (connect(k->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) {
        note("connect: %s", strerror(errno));
        sock_close(k);
        return false;
    }
    k->want_out = true; /* the first flush waits for the connection */
    watch(k, EPOLL_CTL_ADD);
    return true;
}

void sock_flush(struct sock *k)
{
    while (buf_left(&k->tx)) {
        ssize_t n = send(k->fd, k->tx.p + k->tx.off, buf_left(&k->tx), MSG_NOSIGNAL);
        if (n < 0) {
            if (errno == EINTR) continue;
            if (errno == EAGAIN) break;
            if (k->s->state == ST_CLOSING) on_closed(k->s, now_ns());
            else
                fail_session(k->s, k->s->state == ST_OPENING ? &G.err_connect : &G.err_closed, "send: %s",
                             strerror(errno));
            return;
        }
        k->tx.off += (size_t)n;
    }
    bool want = buf_left(&k->tx) > 0;
    if (want != k->want_out) {
        k->want_out = want;
        watch(k, EPOLL_CTL_MOD);
    }
}

void flush_dirty(void)
{
    for (unsigned i = 0; i < dirty_n; i++) { /* flushing may fail a session, never add to the list */
        struct sock *k = dirty[i];
        k->dirty = false;
        if (k->fd >= 0 && !k->want_out) sock_flush(k);
    }
    dirty_n = 0;
}
