// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/* Clients that come back when a server has sent them away, as Socket.IO's clients do by default: after a second, give
 * or take a half, and twice that after each attempt in vain, up to five seconds. */
#include "load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_DELAY (1 * NS_PER_SEC)
#define LAST_DELAY (5 * NS_PER_SEC)

static bool waits;
static uint64_t first_loss, attempts;
static unsigned lost; /* how many have been sent away */

void comeback_wait(void)
{
    waits = true;
    first_loss = attempts = lost = 0;
}

static uint64_t delay(const struct session *s)
{
    uint64_t most = FIRST_DELAY << (s->attempts < 8 ? s->attempts : 8);
    if (most > LAST_DELAY) most = LAST_DELAY;
    return most / 2 + (uint64_t)((double)most * ((double)rand() / (double)RAND_MAX));
}

bool comeback_lost(struct session *s)
{
    if (!waits) return false;
    uint64_t now = now_ns();
    if (first_loss == 0) first_loss = now;
    if (s->state == ST_OPENING) {
        G.opening--;
        s->attempts++;
    } else {
        G.ready--;
        s->attempts = 0;
        lost++;
    }
    s->state = ST_NEW;
    /* A plain session takes with it what was under way. */
    G.outstanding -= s->sent - s->rcvd;
    s->rcvd = s->sent;
    s->due = now + delay(s);
    session_release(s);
    return true;
}

void comeback_step(uint64_t now)
{
    if (!waits || first_loss == 0) return;
    if (G.dead) G.aborted = true; /* who was lost before that does not come back */
    for (unsigned i = 0; i < G.total; i++) {
        struct session *s = &G.sessions[i];
        if (s->state != ST_NEW || now < s->due) continue;
        attempts++;
        open_session(s, now);
    }
    flush_dirty();
    if (lost < G.total || G.ready < G.total) return;
    printf("back %.3f %.3f\n", (double)(now - first_loss) / 1e9, (double)attempts / G.total);
    fflush(stdout);
    comeback_wait();
}
