// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#include "load.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

uint64_t errors(void)
{
    return G.err_mismatch + G.err_protocol + G.err_closed + G.err_connect + G.lost + (G.stalled ? 1 : 0);
}

/* A measured window in which nothing completed says nothing. */
bool empty_run(void)
{
    return cfg.mode != M_IDLE && G.messages + G.deliveries == 0;
}

struct summary {
    double seconds, rate, open_rate;
    uint64_t count;
    double per, user, sys;       /* the server's CPU, in microseconds for each */
    double other;                /* that of what the server needs */
    double server_use, load_use; /* shares of a core */
    double pss_each, rss_each;   /* bytes for each idle connection */
    uint64_t least, most;        /* messages on one connection */
    const char *verdict;
};

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

static double seconds(uint64_t from, uint64_t to)
{
    return to > from ? (double)(to - from) / 1e9 : 0;
}

static struct summary summarize(void)
{
    struct summary r = {.least = UINT64_MAX};
    double cpu = use_after.cpu - use_before.cpu;
    r.count = cfg.mode == M_FANOUT ? G.deliveries : G.messages;
    double each = 1e6 / (r.count ? (double)r.count : INFINITY);
    r.seconds = seconds(G.measure_start, G.measure_end);
    r.rate = ratio((double)r.count, r.seconds);
    r.open_rate = ratio(G.ready, seconds(G.open_start, G.open_end));
    r.per = cpu * each;
    r.other = (other_after - other_before) * each;
    r.user = (use_after.user - use_before.user) * each;
    r.sys = (use_after.sys - use_before.sys) * each;
    r.server_use = ratio(cpu, r.seconds);
    r.load_use = ratio(own_after - own_before, r.seconds);
    if (cfg.mode == M_IDLE && mem_before.ok) {
        r.pss_each = (mem_end.pss - mem_before.pss) / G.total;
        r.rss_each = (mem_end.rss - mem_before.rss) / G.total;
    }
    for (unsigned i = 0; i < G.total; i++) {
        uint64_t measured = G.sessions[i].measured;
        if (G.sessions[i].publisher) continue;
        if (measured < r.least) r.least = measured;
        if (measured > r.most) r.most = measured;
    }
    r.verdict = G.stalled ? "STALLED" : errors() ? "ERRORS" : empty_run() ? "EMPTY" : "ok";
    return r;
}

static double us(const struct hist *h, double q)
{
    return (double)hist_at(h, q) / 1e3;
}

static void print_text(FILE *h, const struct summary *r)
{
    static const char *const units[] = {"messages", "deliveries", "connections", "messages", "messages"};
    static const char *const singles[] = {"message", "delivery", "connection", "message", "message"};
    fprintf(h, "%s%s%s %s, %u connections, window %u, payload %u B%s%s%s%s\n", cfg.label ? cfg.label : "",
            cfg.label ? ": " : "", proto_names[cfg.proto], mode_names[cfg.mode], cfg.connections, cfg.window,
            cfg.payload, cfg.json_payload ? " JSON" : "", cfg.ack ? ", acks" : "", cfg.binary ? ", binary" : "",
            cfg.deflate ? ", deflate" : "");
    if (cfg.mode != M_CONNECT)
        fprintf(h, "  opened     %u of %u in %.2f s (%.0f/s)\n", G.ready, G.total,
                seconds(G.open_start, G.open_end), r->open_rate);
    if (cfg.deflate) fprintf(h, "  deflate    negotiated on %" PRIu64 " connections\n", G.deflate_ok);
    if (cfg.mode == M_IDLE) {
        fprintf(h, "  held       %.0f s, %" PRIu64 " pings answered, %u of %u still open\n", cfg.duration, G.pings,
                G.ready, G.total);
        if (mem_before.ok)
            fprintf(h,
                    "  memory     PSS %.1f MiB before, %.1f open, %.1f at the end: %.0f bytes per connection (RSS "
                    "%.0f)\n",
                    mem_before.pss / 1048576, mem_open.pss / 1048576, mem_end.pss / 1048576, r->pss_each, r->rss_each);
    } else {
        fprintf(h, "  rate       %.0f %s/s (%" PRIu64 " in %.2f s)", r->rate, units[cfg.mode], r->count, r->seconds);
        if (cfg.mode == M_FANOUT) fprintf(h, ", %.1f broadcasts/s", ratio((double)G.broadcasts, r->seconds));
        fprintf(h, ", %.1f MB/s received\n", ratio((double)G.bytes_in, r->seconds) / 1e6);
        fprintf(h, "  latency    p50 %.1f  p99 %.1f  p99.9 %.1f  max %.1f us\n", us(&lat, .5), us(&lat, .99),
                us(&lat, .999), (double)lat.max / 1e3);
        if (lat_full.n)
            fprintf(h, "  %s p50 %.1f  p99 %.1f  max %.1f us\n", cfg.mode == M_FANOUT ? "broadcast " : "life      ",
                    us(&lat_full, .5), us(&lat_full, .99), (double)lat_full.max / 1e3);
        if (use_after.ok && r->count)
            fprintf(h, "  server     %.3f us CPU per %s (user %.3f, system %.3f), %.0f %% of a core\n", r->per,
                    singles[cfg.mode], r->user, r->sys, r->server_use * 100);
        if (cfg.other_pids && r->count)
            fprintf(h, "  others     %.3f us CPU per %s\n", r->other, singles[cfg.mode]);
        fprintf(h, "  generator  %.0f %% of a core\n", r->load_use * 100);
        if (cfg.mode != M_CONNECT)
            fprintf(h, "  fairness   %" PRIu64 " to %" PRIu64 " per connection\n", r->least, r->most);
    }
    fprintf(h,
            "  verdict    %s: %" PRIu64 " mismatches, %" PRIu64 " protocol, %" PRIu64 " closed, %" PRIu64
            " connect errors, %" PRIu64 " lost%s%s\n",
            r->verdict, G.err_mismatch, G.err_protocol, G.err_closed, G.err_connect, G.lost,
            G.why[0] ? "; first: " : "", G.why);
}

static void print_json(FILE *j, const struct summary *r)
{
    fprintf(j,
            "{\"label\":\"%s\",\"proto\":\"%s\",\"mode\":\"%s\",\"connections\":%u,\"window\":%u,\"payload\":%u,"
            "\"json\":%s,\"ack\":%s,\"binary\":%s,",
            cfg.label ? cfg.label : "", proto_names[cfg.proto], mode_names[cfg.mode], cfg.connections, cfg.window,
            cfg.payload, cfg.json_payload ? "true" : "false", cfg.ack ? "true" : "false",
            cfg.binary ? "true" : "false");
    fprintf(j,
            "\"deflate\":%s,\"deflate_negotiated\":%" PRIu64 ",\"seconds\":%.3f,\"count\":%" PRIu64
            ",\"rate\":%.1f,\"broadcasts\":%" PRIu64 ",\"bytes_in\":%" PRIu64 ",",
            cfg.deflate ? "true" : "false", G.deflate_ok, r->seconds, r->count, r->rate, G.broadcasts, G.bytes_in);
    fprintf(
        j,
        "\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f,\"full_p50_us\":%.1f,\"full_p99_us\":%.1f,",
        us(&lat, .5), us(&lat, .99), us(&lat, .999), (double)lat.max / 1e3, us(&lat_full, .5), us(&lat_full, .99));
    fprintf(j,
            "\"server_us\":%.4f,\"server_user_us\":%.4f,\"server_sys_us\":%.4f,\"server_util\":%.3f,\"gen_util\":%.3f,"
            "\"other_us\":%.4f,",
            r->per, r->user, r->sys, r->server_use, r->load_use, r->other);
    fprintf(j,
            "\"min_per_conn\":%" PRIu64 ",\"max_per_conn\":%" PRIu64 ",\"open_rate\":%.0f,\"pings\":%" PRIu64
            ",\"extra\":%" PRIu64 ",\"reconnects\":%" PRIu64 ",\"slow_close\":%" PRIu64 ",",
            r->least, r->most, r->open_rate, G.pings, G.extra, G.reconnects, G.slow_close);
    fprintf(j, "\"pss_before\":%.0f,\"pss_open\":%.0f,\"pss_end\":%.0f,\"bytes_per_conn\":%.0f,\"rss_per_conn\":%.0f,",
            mem_before.pss, mem_open.pss, mem_end.pss, r->pss_each, r->rss_each);
    fprintf(j,
            "\"mismatches\":%" PRIu64 ",\"protocol_errors\":%" PRIu64 ",\"closed\":%" PRIu64
            ",\"connect_errors\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"stalled\":%s,\"why\":\"%s\",\"verdict\":\"%s\"}\n",
            G.err_mismatch, G.err_protocol, G.err_closed, G.err_connect, G.lost, G.stalled ? "true" : "false", G.why,
            r->verdict);
}

void report(void)
{
    struct summary summary = summarize();
    if (!cfg.quiet) print_text(stdout, &summary);
    bool to_file = cfg.json_file && strcmp(cfg.json_file, "-") != 0;
    FILE *j = to_file ? fopen(cfg.json_file, "a") : stdout;
    if (!j) die(EXIT_STALLED, "%s: %s", cfg.json_file, strerror(errno));
    print_json(j, &summary);
    if (to_file) fclose(j);
}
