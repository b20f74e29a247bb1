// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/* Part of a crowd: processes that somebody coordinates through their standard input and output. */
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char packet[] = "42[\"broadcast\",\"to the whole crowd\"]";

static bool echoing, ending;
static uint64_t echo_start;
static unsigned next_echo; /* the connection that sends next */
/* Each connection counts in `measured` how many broadcasts it got. One is under way at a time. */
static uint64_t broadcasts, first_receipt;
static unsigned receipts;

static void tell_seconds(const char *what, uint64_t from, uint64_t to)
{
    printf("%s %.3f\n", what, (double)(to - from) / 1e9);
    fflush(stdout);
}

void crowd_open(uint64_t now)
{
    fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    tell_seconds("open", G.open_start, now);
}

bool is_crowd_broadcast(const char *p, size_t n)
{
    return n == sizeof packet - 1 && memcmp(p, packet, n) == 0;
}

void on_crowd_broadcast(struct session *s, uint64_t now)
{
    G.deliveries++;
    if (receipts == 0) first_receipt = now;
    if (++s->measured != broadcasts + 1) {
        G.err_mismatch++;
        note("connection %u: broadcast %" PRIu64 " came as its number %" PRIu64, s->id, broadcasts + 1, s->measured);
    }
    if (++receipts < G.total) return;
    printf("received %" PRIu64 " %" PRIu64 "\n", first_receipt, now);
    fflush(stdout);
    broadcasts++;
    receipts = 0;
}

static void obey(const char *order, uint64_t now)
{
    if (strcmp(order, "echo") == 0) {
        echoing = true;
        echo_start = now;
        next_echo = 0;
    } else if (strcmp(order, "publish") == 0) {
        now = now_ns();
        send_packet(&G.sessions[0], packet, sizeof packet - 1);
        flush_dirty();
        printf("published %" PRIu64 "\n", now);
        fflush(stdout);
    } else if (strcmp(order, "return") == 0) {
        comeback_wait();
        puts("returning");
        fflush(stdout);
    } else if (strcmp(order, "end") == 0) {
        ending = true;
    } else {
        die(EXIT_USAGE, "what is the order %s?", order);
    }
}

static void take_orders(uint64_t now)
{
    static char line[256];
    static size_t length;
    ssize_t n = read(STDIN_FILENO, line + length, sizeof line - 1 - length);
    if (n == 0) ending = true;
    if (n <= 0) return;
    length += (size_t)n;
    char *end;
    while ((end = memchr(line, '\n', length))) {
        *end = 0;
        obey(line, now);
        length -= (size_t)(end + 1 - line);
        memmove(line, end + 1, length);
    }
    if (length == sizeof line - 1) die(EXIT_USAGE, "an order is too long");
}

bool crowd_step(uint64_t now)
{
    take_orders(now);
    comeback_step(now);
    if (!echoing) return ending;
    while (next_echo < G.total && G.outstanding < cfg.concurrency) {
        struct session *s = &G.sessions[next_echo++];
        if (s->state == ST_READY) send_request(s, now);
    }
    flush_dirty();
    if (next_echo == G.total && G.outstanding == 0) {
        echoing = false;
        G.messages += G.ready;
        tell_seconds("echoed", echo_start, now);
    }
    return ending;
}
