// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#include "../common/handshake.h"
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>

int main(int argc, char **argv)
{
    parse_options(argc, argv);
    signal(SIGPIPE, SIG_IGN);

    G.server.sin_family = AF_INET;
    if (inet_pton(AF_INET, cfg.host, &G.server.sin_addr) != 1)
        die(EXIT_USAGE, "--host: %s is not an IPv4 address", cfg.host);
    if (ntohl(G.server.sin_addr.s_addr) >> 24 != 127) die(EXIT_USAGE, "--host: loopback addresses only");

    unsigned per = is_ws() ? 1 : 2;
    G.total = cfg.mode == M_CONNECT ? cfg.concurrency : cfg.connections + (cfg.mode == M_FANOUT);
    struct rlimit lim;
    getrlimit(RLIMIT_NOFILE, &lim);
    lim.rlim_cur = lim.rlim_max;
    setrlimit(RLIMIT_NOFILE, &lim);
    if ((uint64_t)G.total * per + 16 > lim.rlim_cur)
        die(EXIT_STALLED, "%u connections need more than the %lu file descriptors allowed", G.total,
            (unsigned long)lim.rlim_cur);

    uint8_t seed[16];
    if (getrandom(seed, sizeof seed, 0) != sizeof seed) die(EXIT_STALLED, "getrandom");
    base64(seed, sizeof seed, G.ws_key);
    accept_of_key(G.ws_key, strlen(G.ws_key), G.ws_accept);

    make_templates();
    G.ep = epoll_create1(EPOLL_CLOEXEC);
    if (G.ep < 0) die(EXIT_STALLED, "epoll_create1: %s", strerror(errno));
    G.sessions = xalloc(G.total, sizeof *G.sessions);
    for (unsigned i = 0; i < G.total; i++) {
        struct session *s = &G.sessions[i];
        s->id = i;
        s->main.fd = s->post.fd = -1;
        s->main.s = s->post.s = s;
        s->main.role = R_MAIN;
        s->post.role = R_POST;
        if (cfg.mode == M_ECHO || cfg.mode == M_CROWD) s->ring = xalloc(cfg.window, sizeof *s->ring);
    }
    if (cfg.mode == M_FANOUT) {
        G.sessions[G.total - 1].publisher = true;
        B.ring = cfg.window;
        B.slot = xalloc(B.ring, sizeof *B.slot);
    }

    begin();
    run();
    mem_end = server_use(true);
    say_goodbye();
    report();
    if (G.stalled || (G.aborted && !G.measure_end)) return EXIT_STALLED;
    return errors() || empty_run() ? EXIT_ERRORS : EXIT_SUCCESS;
}
