// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#include "load.h"

#include <errno.h>
#include <inttypes.h>
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

void report(void)
{
    double secs = G.measure_end > G.measure_start ? (double)(G.measure_end - G.measure_start) / 1e9 : 0;
    uint64_t count = cfg.mode == M_FANOUT ? G.deliveries : G.messages;
    double rate = secs > 0 ? (double)count / secs : 0;
    double cpu = use_after.cpu - use_before.cpu;
    double user = use_after.user - use_before.user, sys = use_after.sys - use_before.sys;
    double per = count && use_after.ok ? cpu * 1e6 / (double)count : 0;
    double open_secs = G.open_end ? (double)(G.open_end - G.open_start) / 1e9 : 0;
    double own = own_after - own_before;
    uint64_t least = UINT64_MAX, most = 0;
    for (unsigned i = 0; i < G.total; i++) {
        if (G.sessions[i].publisher) continue;
        if (G.sessions[i].measured < least) least = G.sessions[i].measured;
        if (G.sessions[i].measured > most) most = G.sessions[i].measured;
    }
    static const char *const units[] = {"messages", "deliveries", "connections", "messages"};
    static const char *const singles[] = {"message", "delivery", "connection", "message"};
    const char *unit = units[cfg.mode];
    const char *verdict = G.stalled ? "STALLED" : errors() ? "ERRORS" : empty_run() ? "EMPTY" : "ok";

    FILE *h = cfg.quiet ? NULL : stdout;
    if (h) {
        fprintf(h, "%s%s%s %s, %u connections, window %u, payload %u B%s%s%s%s\n", cfg.label ? cfg.label : "",
                cfg.label ? ": " : "", proto_names[cfg.proto], mode_names[cfg.mode], cfg.connections, cfg.window,
                cfg.payload, cfg.json_payload ? " JSON" : "", cfg.ack ? ", acks" : "", cfg.binary ? ", binary" : "",
                cfg.deflate ? ", deflate" : "");
        if (cfg.mode != M_CONNECT)
            fprintf(h, "  opened     %u of %u in %.2f s (%.0f/s)\n", G.ready, G.total, open_secs,
                    open_secs > 0 ? G.ready / open_secs : 0);
        if (cfg.deflate) fprintf(h, "  deflate    negotiated on %" PRIu64 " connections\n", G.deflate_ok);
        if (cfg.mode == M_IDLE) {
            fprintf(h, "  held       %.0f s, %" PRIu64 " pings answered, %u of %u still open\n", cfg.duration, G.pings,
                    G.ready, G.total);
            if (mem_before.ok)
                fprintf(h,
                        "  memory     PSS %.1f MiB before, %.1f open, %.1f at the end: %.0f bytes per connection (RSS "
                        "%.0f)\n",
                        mem_before.pss / 1048576, mem_open.pss / 1048576, mem_end.pss / 1048576,
                        (mem_end.pss - mem_before.pss) / G.total, (mem_end.rss - mem_before.rss) / G.total);
        } else {
            fprintf(h, "  rate       %.0f %s/s (%" PRIu64 " in %.2f s)", rate, unit, count, secs);
            if (cfg.mode == M_FANOUT) fprintf(h, ", %.1f broadcasts/s", secs > 0 ? (double)G.broadcasts / secs : 0);
            fprintf(h, ", %.1f MB/s received\n", secs > 0 ? (double)G.bytes_in / secs / 1e6 : 0);
            fprintf(h, "  latency    p50 %.1f  p99 %.1f  p99.9 %.1f  max %.1f us\n", (double)hist_at(&lat, .5) / 1e3,
                    (double)hist_at(&lat, .99) / 1e3, (double)hist_at(&lat, .999) / 1e3, (double)lat.max / 1e3);
            if (lat_full.n)
                fprintf(h, "  %s p50 %.1f  p99 %.1f  max %.1f us\n", cfg.mode == M_FANOUT ? "broadcast " : "life      ",
                        (double)hist_at(&lat_full, .5) / 1e3, (double)hist_at(&lat_full, .99) / 1e3,
                        (double)lat_full.max / 1e3);
            if (use_after.ok)
                fprintf(h, "  server     %.3f us CPU per %s (user %.3f, system %.3f), %.0f %% of a core\n", per,
                        singles[cfg.mode], count ? user * 1e6 / (double)count : 0,
                        count ? sys * 1e6 / (double)count : 0, secs > 0 ? cpu / secs * 100 : 0);
            fprintf(h, "  generator  %.0f %% of a core\n", secs > 0 ? own / secs * 100 : 0);
            if (cfg.mode != M_CONNECT)
                fprintf(h, "  fairness   %" PRIu64 " to %" PRIu64 " per connection\n", least, most);
        }
        fprintf(h,
                "  verdict    %s: %" PRIu64 " mismatches, %" PRIu64 " protocol, %" PRIu64 " closed, %" PRIu64
                " connect errors, %" PRIu64 " lost%s%s\n",
                verdict, G.err_mismatch, G.err_protocol, G.err_closed, G.err_connect, G.lost,
                G.why[0] ? "; first: " : "", G.why);
    }

    FILE *j = stdout;
    if (cfg.json_file && strcmp(cfg.json_file, "-") != 0) {
        j = fopen(cfg.json_file, "a");
        if (!j) die(EXIT_STALLED, "%s: %s", cfg.json_file, strerror(errno));
    }
    fprintf(j,
            "{\"label\":\"%s\",\"proto\":\"%s\",\"mode\":\"%s\",\"connections\":%u,\"window\":%u,\"payload\":%u,"
            "\"json\":%s,\"ack\":%s,\"binary\":%s,",
            cfg.label ? cfg.label : "", proto_names[cfg.proto], mode_names[cfg.mode], cfg.connections, cfg.window,
            cfg.payload, cfg.json_payload ? "true" : "false", cfg.ack ? "true" : "false",
            cfg.binary ? "true" : "false");
    fprintf(j,
            "\"deflate\":%s,\"deflate_negotiated\":%" PRIu64 ",\"seconds\":%.3f,\"count\":%" PRIu64
            ",\"rate\":%.1f,\"broadcasts\":%" PRIu64 ",\"bytes_in\":%" PRIu64 ",",
            cfg.deflate ? "true" : "false", G.deflate_ok, secs, count, rate, G.broadcasts, G.bytes_in);
    fprintf(
        j,
        "\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f,\"full_p50_us\":%.1f,\"full_p99_us\":%.1f,",
        (double)hist_at(&lat, .5) / 1e3, (double)hist_at(&lat, .99) / 1e3, (double)hist_at(&lat, .999) / 1e3,
        (double)lat.max / 1e3, (double)hist_at(&lat_full, .5) / 1e3, (double)hist_at(&lat_full, .99) / 1e3);
    fprintf(j,
            "\"server_us\":%.4f,\"server_user_us\":%.4f,\"server_sys_us\":%.4f,\"server_util\":%.3f,\"gen_util\":%.3f,",
            per, count ? user * 1e6 / (double)count : 0, count ? sys * 1e6 / (double)count : 0,
            secs > 0 ? cpu / secs : 0, secs > 0 ? own / secs : 0);
    fprintf(j,
            "\"min_per_conn\":%" PRIu64 ",\"max_per_conn\":%" PRIu64 ",\"open_rate\":%.0f,\"pings\":%" PRIu64
            ",\"extra\":%" PRIu64 ",\"reconnects\":%" PRIu64 ",\"slow_close\":%" PRIu64 ",",
            least == UINT64_MAX ? 0 : least, most, open_secs > 0 ? G.ready / open_secs : 0, G.pings, G.extra,
            G.reconnects, G.slow_close);
    fprintf(j, "\"pss_before\":%.0f,\"pss_open\":%.0f,\"pss_end\":%.0f,\"bytes_per_conn\":%.0f,\"rss_per_conn\":%.0f,",
            mem_before.pss, mem_open.pss, mem_end.pss,
            cfg.mode == M_IDLE && mem_before.ok ? (mem_end.pss - mem_before.pss) / G.total : 0,
            cfg.mode == M_IDLE && mem_before.ok ? (mem_end.rss - mem_before.rss) / G.total : 0);
    fprintf(j,
            "\"mismatches\":%" PRIu64 ",\"protocol_errors\":%" PRIu64 ",\"closed\":%" PRIu64
            ",\"connect_errors\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"stalled\":%s,\"why\":\"%s\",\"verdict\":\"%s\"}\n",
            G.err_mismatch, G.err_protocol, G.err_closed, G.err_connect, G.lost, G.stalled ? "true" : "false", G.why,
            verdict);
    if (j != stdout) fclose(j);
}
