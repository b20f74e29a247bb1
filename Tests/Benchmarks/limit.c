// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/*
 * limit - what the machine allows: the least that a WebSocket server can do, on one thread and one epoll loop.
 *
 *     limit PORT [batch]
 *
 * "/" echoes, "/broadcast" sends to all connections of that path, "/socket.io/" speaks as much Socket.IO as wsload
 * asks for. Without `batch` each message is one send() for each socket, with it one send() for each socket and turn of
 * the loop takes all its messages. With permessage-deflate a broadcast is deflated once for all.
 *
 * It trusts its peer: of what a server must check it checks what its own memory needs.
 */
#define _GNU_SOURCE
#include "common/handshake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

enum { MAX_FD = 20000, MAX_HEADER = 14, HEADER_ROOM = 64, MAX_MESSAGE = 1 << 20 };
enum { OP_TEXT = 1, OP_BINARY = 2, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10, RSV1 = 0x40 };
enum kind { ECHO, CAST, SIO, KINDS };

struct conn {
    int fd;
    enum kind kind;
    int slot; /* its place among the connections of its kind; -1 before the handshake */
    bool deflates, wants_out;
    char *rx; /* the start of what has not come whole */
    size_t rx_n, rx_cap;
    char *tx; /* what the socket did not take: tx[tx_off..tx_n) */
    size_t tx_off, tx_n, tx_cap;
};

/* The broadcasts of a turn for one kind of connection, plain or deflated, as frames. */
struct cast {
    char *p;
    size_t n, cap;
};

static struct conn *conns[MAX_FD];
static int members[KINDS][MAX_FD], member_count[KINDS], deflating_count[KINDS];
static struct cast casts[KINDS][2];
static int ep;
static bool batch;
static z_stream deflater;
static char received[256 << 10], unmasked[HEADER_ROOM + MAX_MESSAGE], deflated[2 * MAX_MESSAGE];
static char replies[2 * MAX_MESSAGE]; /* in batch mode, the answers to what one recv() brought */
static size_t replies_n;

static void *grown(void *p, size_t n)
{
    p = realloc(p, n);
    if (!p) abort();
    return p;
}

/* ------------------------------------------------------------------- output */

static void watch_output(struct conn *c, bool wanted)
{
    if (c->wants_out == wanted) return;
    c->wants_out = wanted;
    struct epoll_event e = {EPOLLIN | (wanted ? EPOLLOUT : 0), {.fd = c->fd}};
    epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
}

static void keep(struct conn *c, const char *p, size_t n)
{
    if (c->tx_off == c->tx_n) c->tx_off = c->tx_n = 0;
    if (c->tx_n + n > c->tx_cap) c->tx = grown(c->tx, c->tx_cap = (c->tx_n + n) * 2);
    memcpy(c->tx + c->tx_n, p, n);
    c->tx_n += n;
}

static void out(struct conn *c, const char *p, size_t n)
{
    if (c->tx_n > c->tx_off) {
        keep(c, p, n);
        return;
    }
    ssize_t k = send(c->fd, p, n, MSG_NOSIGNAL);
    if (k < 0) k = 0;
    if ((size_t)k == n) return;
    keep(c, p + k, n - (size_t)k);
    watch_output(c, true);
}

static void flush_kept(struct conn *c)
{
    ssize_t k = send(c->fd, c->tx + c->tx_off, c->tx_n - c->tx_off, MSG_NOSIGNAL);
    if (k > 0) c->tx_off += (size_t)k;
    if (c->tx_off < c->tx_n) return;
    free(c->tx);
    c->tx = NULL;
    c->tx_off = c->tx_n = c->tx_cap = 0;
    watch_output(c, false);
}

static size_t frame_header(char *h, int op, size_t n)
{
    h[0] = (char)(0x80 | op);
    if (n < 126) {
        h[1] = (char)n;
        return 2;
    }
    if (n < 65536) {
        h[1] = 126;
        h[2] = (char)(n >> 8);
        h[3] = (char)n;
        return 4;
    }
    h[1] = 127;
    for (int i = 0; i < 8; i++) h[2 + i] = (char)((uint64_t)n >> (56 - 8 * i));
    return 10;
}

/* Answers with one frame. There are HEADER_ROOM bytes before p. */
static void reply(struct conn *c, int op, char *p, size_t n)
{
    char h[MAX_HEADER];
    size_t k = frame_header(h, op, n);
    if (!batch) {
        memcpy(p - k, h, k);
        out(c, p - k, n + k);
        return;
    }
    if (replies_n + n + k > sizeof replies) {
        out(c, replies, replies_n);
        replies_n = 0;
    }
    memcpy(replies + replies_n, h, k);
    memcpy(replies + replies_n + k, p, n);
    replies_n += k + n;
}

static void add_to_cast(struct cast *cast, int op, const char *p, size_t n)
{
    char h[MAX_HEADER];
    size_t k = frame_header(h, op, n);
    if (cast->n + n + k > cast->cap) cast->p = grown(cast->p, cast->cap = (cast->n + n + k) * 2);
    memcpy(cast->p + cast->n, h, k);
    memcpy(cast->p + cast->n + k, p, n);
    cast->n += k + n;
}

static void send_casts(enum kind kind)
{
    struct cast *both = casts[kind];
    for (int i = 0; i < member_count[kind]; i++) {
        struct conn *c = conns[members[kind][i]];
        out(c, both[c->deflates].p, both[c->deflates].n);
    }
    both[false].n = both[true].n = 0;
}

static void broadcast(enum kind kind, char *p, size_t n)
{
    add_to_cast(&casts[kind][false], OP_TEXT, p, n);
    if (deflating_count[kind]) {
        deflateReset(&deflater);
        deflater.next_in = (Bytef *)p;
        deflater.avail_in = (uInt)n;
        deflater.next_out = (Bytef *)deflated;
        deflater.avail_out = sizeof deflated;
        deflate(&deflater, Z_SYNC_FLUSH);
        /* Without the last four bytes, which the receiver puts back (RFC 7692, 7.2.1). */
        add_to_cast(&casts[kind][true], OP_TEXT | RSV1, deflated, sizeof deflated - deflater.avail_out - 4);
    }
    if (!batch) send_casts(kind);
}

/* -------------------------------------------------------------------- input */

static void on_message(struct conn *c, int op, char *p, size_t n)
{
    static const char connected[] = "40{\"sid\":\"oSO0OpakMV_3jnilAAAA\"}";
    if (c->kind == ECHO) {
        reply(c, op, p, n);
    } else if (c->kind == CAST) {
        broadcast(CAST, p, n);
    } else if (n >= 2 && !memcmp(p, "40", 2)) {
        char text[HEADER_ROOM + sizeof connected];
        memcpy(text + HEADER_ROOM, connected, sizeof connected);
        reply(c, OP_TEXT, text + HEADER_ROOM, sizeof connected - 1);
    } else if (n > 5 && !memcmp(p, "42[\"e", 5)) {
        reply(c, OP_TEXT, p, n);
    } else if (n > 5 && !memcmp(p, "42[\"b", 5)) {
        broadcast(SIO, p, n);
    }
}

/* Answers the upgrade: the bytes used, 0 when it is not all here, -1 when it is none. */
static ssize_t take_upgrade(struct conn *c, const char *p, size_t n)
{
    static const char name[] = "Sec-WebSocket-Key: ";
    static const char open[] = "0{\"sid\":\"lv_VI97HAXpY6yYWAAAB\",\"upgrades\":[],\"pingInterval\":25000,"
                               "\"pingTimeout\":20000,\"maxPayload\":1000000}";
    const char *end = memmem(p, n, "\r\n\r\n", 4);
    if (!end) return 0;
    const char *key = memmem(p, n, name, sizeof name - 1);
    if (!key) return -1;
    char accept[ACCEPT_LENGTH + 1], answer[512];
    accept_of_key(key + sizeof name - 1, 24, accept);
    c->deflates = memmem(p, n, "permessage-deflate", 18) != NULL;
    size_t k = (size_t)snprintf(
        answer, sizeof answer,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: %s\r\n%s\r\n",
        accept,
        c->deflates ? "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
                      "client_no_context_takeover\r\n"
                    : "");
    c->kind = !memcmp(p, "GET /broadcast", 14) ? CAST : !memcmp(p, "GET /socket.io", 14) ? SIO : ECHO;
    c->slot = member_count[c->kind]++;
    members[c->kind][c->slot] = c->fd;
    deflating_count[c->kind] += c->deflates;
    if (c->kind == SIO) {
        k += frame_header(answer + k, OP_TEXT, sizeof open - 1);
        memcpy(answer + k, open, sizeof open - 1);
        k += sizeof open - 1;
    }
    out(c, answer, k);
    return end - p + 4;
}

/* Takes a frame: the bytes used, 0 when it is not all here, -1 when the connection is over. */
static ssize_t take_frame(struct conn *c, const char *p, size_t n)
{
    const uint8_t *q = (const uint8_t *)p;
    if (n < 6) return 0;
    size_t length = q[1] & 127, head = 2;
    if (length == 126) {
        length = (size_t)q[2] << 8 | q[3];
        head = 4;
    } else if (length == 127) {
        if (n < MAX_HEADER) return 0;
        length = 0;
        for (int i = 0; i < 8; i++) length = length << 8 | q[2 + i];
        head = 10;
    }
    if (length > MAX_MESSAGE) return -1;
    if (n < head + 4 + length) return 0;

    const char *body = p + head + 4;
    char *plain = unmasked + HEADER_ROOM;
    uint32_t mask;
    memcpy(&mask, q + head, 4);
    uint64_t wide = (uint64_t)mask << 32 | mask;
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        uint64_t v;
        memcpy(&v, body + i, 8);
        v ^= wide;
        memcpy(plain + i, &v, 8);
    }
    for (; i < length; i++) plain[i] = body[i] ^ ((char *)&mask)[i & 3];

    int op = q[0] & 15;
    if (op == OP_CLOSE) {
        out(c, "\x88\x02\x03\xe8", 4);
        return -1;
    }
    if (op == OP_TEXT || op == OP_BINARY) on_message(c, op, plain, length);
    else if (op == OP_PING) reply(c, OP_PONG, plain, length);
    return (ssize_t)(head + 4 + length);
}

/* Takes all that is whole: the bytes used, -1 at the end of the connection. */
static ssize_t take_input(struct conn *c, const char *p, size_t n)
{
    size_t at = 0;
    while (at < n) {
        ssize_t used = c->slot < 0 ? take_upgrade(c, p + at, n - at) : take_frame(c, p + at, n - at);
        if (used < 0) return -1;
        if (!used) break;
        at += (size_t)used;
    }
    if (replies_n) {
        out(c, replies, replies_n);
        replies_n = 0;
    }
    return (ssize_t)at;
}

static void drop(struct conn *c)
{
    if (c->slot >= 0) {
        int last = members[c->kind][--member_count[c->kind]];
        members[c->kind][c->slot] = last;
        conns[last]->slot = c->slot;
        deflating_count[c->kind] -= c->deflates;
    }
    conns[c->fd] = NULL;
    close(c->fd);
    free(c->rx);
    free(c->tx);
    free(c);
}

static void on_input(struct conn *c)
{
    ssize_t k = recv(c->fd, received, sizeof received, 0);
    if (k < 0 && errno == EAGAIN) return;
    if (k <= 0) {
        drop(c);
        return;
    }
    const char *p = received;
    size_t n = (size_t)k;
    if (c->rx_n) {
        if (c->rx_n + n > c->rx_cap) c->rx = grown(c->rx, c->rx_cap = (c->rx_n + n) * 2);
        memcpy(c->rx + c->rx_n, received, n);
        p = c->rx;
        n = c->rx_n += n;
    }
    ssize_t used = take_input(c, p, n);
    if (used < 0) {
        replies_n = 0;
        drop(c);
        return;
    }
    size_t left = n - (size_t)used;
    if (!c->rx_n && left) c->rx = grown(NULL, c->rx_cap = left * 2);
    if (left) memmove(c->rx, p + used, left);
    c->rx_n = left;
    if (left || !c->rx) return;
    free(c->rx);
    c->rx = NULL;
    c->rx_cap = 0;
}

/* --------------------------------------------------------------------- loop */

static void watch_input(int fd)
{
    struct epoll_event e = {EPOLLIN, {.fd = fd}};
    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}

static void accept_all(int listener)
{
    int one = 1;
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        if (fd >= MAX_FD) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct conn *c = calloc(1, sizeof *c);
        if (!c) abort();
        c->fd = fd;
        c->slot = -1;
        conns[fd] = c;
        watch_input(fd);
    }
}

static int listen_on(int port)
{
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (!bind(fd, (struct sockaddr *)&address, sizeof address) && !listen(fd, 4096)) return fd;
    perror("limit");
    exit(1);
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3 || (argc == 3 && strcmp(argv[2], "batch") != 0)) {
        fputs("usage: limit PORT [batch]\n", stderr);
        return 64;
    }
    batch = argc == 3;
    signal(SIGPIPE, SIG_IGN);
    if (deflateInit2(&deflater, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) abort();
    ep = epoll_create1(0);
    int listener = listen_on(atoi(argv[1]));
    watch_input(listener);
    for (;;) {
        static struct epoll_event events[1024];
        int n = epoll_wait(ep, events, 1024, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                accept_all(listener);
                continue;
            }
            struct conn *c = conns[fd];
            if (!c) continue; /* dropped earlier in this turn */
            if (events[i].events & EPOLLOUT) flush_kept(c);
            if (events[i].events & ~(uint32_t)EPOLLOUT) on_input(c);
        }
        if (!batch) continue;
        for (enum kind kind = CAST; kind < KINDS; kind++)
            if (casts[kind][false].n) send_casts(kind);
    }
}
