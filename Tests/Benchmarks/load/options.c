// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#include "load.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const proto_names[] = {"raw", "sio", "sio-polling", "sio-sse"};
const char *const mode_names[] = {"echo", "fanout", "connect", "idle", "crowd"};

struct configuration cfg = {
    .proto = P_RAW,
    .mode = M_ECHO,
    .host = "127.0.0.1",
    .ports = {9001},
    .port_count = 1,
    .connections = 100,
    .window = 1,
    .payload = 64,
    .duration = 5,
    .warmup = 1,
    .sources = 1,
    .first_source = 1,
    .stall = 5,
    .deflate_offer = "permessage-deflate; client_max_window_bits",
};

bool is_ws(void)
{
    return cfg.proto == P_RAW || cfg.proto == P_SIO;
}

static void usage(FILE *f)
{
    fputs("usage: wsload [options]\n"
          "A closed-loop load generator for WebSocket and Socket.IO servers on this machine.\n"
          "\n"
          "What to do\n"
          "  --proto P          raw | sio | sio-polling | sio-sse                [raw]\n"
          "  --mode M           echo | fanout | connect | idle | crowd           [echo]\n"
          "Where\n"
          "  --host A           a 127.x.x.x address                              [127.0.0.1]\n"
          "  --port N[,N...]    connections go to these ports in turn            [9001]\n"
          "  --publisher-port N  fanout: where the publisher is, if it is not where the others are\n"
          "  --request-port N   polling: where requests go after the handshake; sio with --resume: where the session is\n"
          "                     attached after it                               [where that went]\n"
          "  --path P           [/ for raw, /broadcast for raw fanout, /socket.io/ for the others]\n"
          "  --nsp N            Socket.IO namespace                              [/]\n"
          "  --event E          Socket.IO event  [echo, or broadcast in fanout mode]\n"
          "  --sources N        connect from 127.0.0.F to 127.0.0.(F+N-1), in turn [1]\n"
          "  --first-source F                                                    [1]\n"
          "How much\n"
          "  -c, --connections N  connections; in fanout the subscribers         [100]\n"
          "  -w, --window W     requests outstanding per connection, or broadcasts outstanding in all [1]\n"
          "  -s, --payload N    bytes of the argument or message                 [64]\n"
          "  -d, --duration S   seconds measured, or held in idle mode           [5]\n"
          "  --warmup S         seconds not measured before                      [1]\n"
          "  --count N          end the measured window after N messages, if it comes first\n"
          "  --concurrency N    connections being opened at a time  [64; in connect mode the loop's width, 32]\n"
          "  --stall S          nothing received for so long is an error         [5]\n"
          "What kind\n"
          "  --json             the payload is a JSON object rather than a string\n"
          "  --binary           raw: binary messages; sio: the argument is a binary attachment\n"
          "  --ack              sio echo: ask for an acknowledgement and wait for that\n"
          "  --deflate[=OFFER]  offer permessage-deflate; replies are inflated\n"
          "  --deflate-tx       compress what is sent too (one message at a time)\n"
          "  --resume           sio: ask for a lossless session (Martlet's), and acknowledge what comes\n"
          "What is reported\n"
          "  --pid P[,P...]     the server's processes: CPU per message, memory per connection\n"
          "  --other-pid P[,P...]  processes that the server needs: their CPU per message\n"
          "  --label L          a name for this run\n"
          "  --json-out FILE    append the JSON line to FILE rather than print it\n"
          "  -q, --quiet        no text report, only the JSON line\n"
          "  -h, --help\n"
          "\n"
          "What crowd mode does\n"
          "  Opens all connections, and then what lines on the standard input say:\n"
          "    echo     each connection sends a message, and gets it back\n"
          "    publish  the first connection emits `broadcast`; say it to one of all processes\n"
          "    return   from now on connections that the server ends come back, as Socket.IO's clients do by default\n"
          "    end      closes all connections, and reports\n"
          "  It writes `open SECONDS`, `echoed SECONDS`, `published NS`, and for each broadcast that came to all of its\n"
          "  connections `received NS NS`, when the first one and when the last one got it. All NS are of one clock.\n"
          "  To `return` it answers `returning`: end no server before. When all have been ended and are back, it writes\n"
          "  `back SECONDS N`: since the first end, and attempts for each.\n"
          "\n"
          "What the server must do\n"
          "  raw echo         send every message back as it came, with its opcode\n"
          "  raw fanout       send every message that comes on the path to all connections on the path\n"
          "                   (the sender's own copy is optional)\n"
          "  sio echo         42[\"echo\",X] -> 42[\"echo\",X], and 42ID[\"echo\",X] -> 43ID[X]\n"
          "  sio fanout       42[\"broadcast\",X] -> 42[\"broadcast\",X] to every socket of the namespace\n"
          "  sio-polling      the same; packets of a payload are separated by 0x1e\n"
          "  sio-sse          GET PATH?EIO=4&transport=sse answers text/event-stream, one packet to each\n"
          "                   data: line; POST PATH?EIO=4&transport=sse&sid=... as in polling\n"
          "Exit status: 0 clean, 1 errors, 2 stalled or impossible, 64 usage.\n",
          f);
}

static double number(const char *s, double min, double max, const char *what)
{
    char *end;
    double v = strtod(s, &end);
    if (end == s || *end || !(v >= min && v <= max))
        die(EXIT_USAGE, "%s: a number from %g to %g, not %s", what, min, max, s);
    return v;
}

static void take_ports(char *list)
{
    cfg.port_count = 0;
    for (char *save, *port = strtok_r(list, ",", &save); port; port = strtok_r(NULL, ",", &save)) {
        if (cfg.port_count == MAX_PORTS) die(EXIT_USAGE, "--port: at most %d", MAX_PORTS);
        cfg.ports[cfg.port_count++] = (int)number(port, 1, 65535, "--port");
    }
    if (!cfg.port_count) die(EXIT_USAGE, "--port: none");
}

static int choice(const char *s, const char *const *names, int n, const char *what)
{
    for (int i = 0; i < n; i++)
        if (strcmp(s, names[i]) == 0) return i;
    die(EXIT_USAGE, "%s: not %s (see --help)", what, s);
    return 0;
}

void parse_options(int argc, char **argv)
{
    enum {
        OPT_PROTO = 256,
        OPT_MODE,
        OPT_HOST,
        OPT_PORT,
        OPT_PUBLISHER_PORT,
        OPT_REQUEST_PORT,
        OPT_PATH,
        OPT_NSP,
        OPT_EVENT,
        OPT_SOURCES,
        OPT_FIRST,
        OPT_WARMUP,
        OPT_COUNT,
        OPT_CONC,
        OPT_STALL,
        OPT_JSON,
        OPT_BINARY,
        OPT_ACK,
        OPT_DEFLATE,
        OPT_DEFLATE_TX,
        OPT_RESUME,
        OPT_PID,
        OPT_OTHER_PID,
        OPT_LABEL,
        OPT_JSON_OUT
    };
    static const struct option longs[] = {{"proto", 1, NULL, OPT_PROTO},
                                          {"mode", 1, NULL, OPT_MODE},
                                          {"host", 1, NULL, OPT_HOST},
                                          {"port", 1, NULL, OPT_PORT},
                                          {"publisher-port", 1, NULL, OPT_PUBLISHER_PORT},
                                          {"request-port", 1, NULL, OPT_REQUEST_PORT},
                                          {"path", 1, NULL, OPT_PATH},
                                          {"nsp", 1, NULL, OPT_NSP},
                                          {"event", 1, NULL, OPT_EVENT},
                                          {"sources", 1, NULL, OPT_SOURCES},
                                          {"first-source", 1, NULL, OPT_FIRST},
                                          {"connections", 1, NULL, 'c'},
                                          {"window", 1, NULL, 'w'},
                                          {"payload", 1, NULL, 's'},
                                          {"duration", 1, NULL, 'd'},
                                          {"warmup", 1, NULL, OPT_WARMUP},
                                          {"count", 1, NULL, OPT_COUNT},
                                          {"concurrency", 1, NULL, OPT_CONC},
                                          {"stall", 1, NULL, OPT_STALL},
                                          {"json", 0, NULL, OPT_JSON},
                                          {"binary", 0, NULL, OPT_BINARY},
                                          {"ack", 0, NULL, OPT_ACK},
                                          {"deflate", 2, NULL, OPT_DEFLATE},
                                          {"deflate-tx", 0, NULL, OPT_DEFLATE_TX},
                                          {"resume", 0, NULL, OPT_RESUME},
                                          {"pid", 1, NULL, OPT_PID},
                                          {"other-pid", 1, NULL, OPT_OTHER_PID},
                                          {"label", 1, NULL, OPT_LABEL},
                                          {"json-out", 1, NULL, OPT_JSON_OUT},
                                          {"quiet", 0, NULL, 'q'},
                                          {"help", 0, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int c;
    while ((c = getopt_long(argc, argv, "c:w:s:d:qh", longs, NULL)) != -1) {
        switch (c) {
        case OPT_PROTO: cfg.proto = (enum proto)choice(optarg, proto_names, 4, "--proto"); break;
        case OPT_MODE: cfg.mode = (enum mode)choice(optarg, mode_names, 5, "--mode"); break;
        case OPT_HOST: cfg.host = strcmp(optarg, "localhost") ? optarg : "127.0.0.1"; break;
        case OPT_PORT: take_ports(optarg); break;
        case OPT_PUBLISHER_PORT: cfg.publisher_port = (int)number(optarg, 1, 65535, "--publisher-port"); break;
        case OPT_REQUEST_PORT: cfg.request_port = (int)number(optarg, 1, 65535, "--request-port"); break;
        case OPT_PATH: cfg.path = optarg; break;
        case OPT_NSP: cfg.nsp = optarg; break;
        case OPT_EVENT: cfg.event = optarg; break;
        case OPT_SOURCES: cfg.sources = (unsigned)number(optarg, 1, 254, "--sources"); break;
        case OPT_FIRST: cfg.first_source = (unsigned)number(optarg, 1, 254, "--first-source"); break;
        case 'c': cfg.connections = (unsigned)number(optarg, 1, 1000000, "--connections"); break;
        case 'w': cfg.window = (unsigned)number(optarg, 1, 100000, "--window"); break;
        case 's': cfg.payload = (unsigned)number(optarg, 0, 16 << 20, "--payload"); break;
        case 'd': cfg.duration = number(optarg, 0.01, 3600, "--duration"); break;
        case OPT_WARMUP: cfg.warmup = number(optarg, 0, 3600, "--warmup"); break;
        case OPT_COUNT: cfg.count = (uint64_t)number(optarg, 1, 1e12, "--count"); break;
        case OPT_CONC: cfg.concurrency = (unsigned)number(optarg, 1, 100000, "--concurrency"); break;
        case OPT_STALL: cfg.stall = number(optarg, 0.1, 600, "--stall"); break;
        case OPT_JSON: cfg.json_payload = true; break;
        case OPT_BINARY: cfg.binary = true; break;
        case OPT_ACK: cfg.ack = true; break;
        case OPT_DEFLATE:
            cfg.deflate = true;
            if (optarg) cfg.deflate_offer = optarg;
            break;
        case OPT_DEFLATE_TX: cfg.deflate = cfg.deflate_tx = true; break;
        case OPT_RESUME: cfg.resume = true; break;
        case OPT_PID: cfg.pids = optarg; break;
        case OPT_OTHER_PID: cfg.other_pids = optarg; break;
        case OPT_LABEL: cfg.label = optarg; break;
        case OPT_JSON_OUT: cfg.json_file = optarg; break;
        case 'q': cfg.quiet = true; break;
        case 'h': usage(stdout); exit(0);
        default: usage(stderr); exit(EXIT_USAGE);
        }
    }
    if (optind < argc) die(EXIT_USAGE, "what is %s?", argv[optind]);
    if (!cfg.path) cfg.path = cfg.proto == P_RAW ? (cfg.mode == M_FANOUT ? "/broadcast" : "/") : "/socket.io/";
    if (!cfg.event) cfg.event = cfg.mode == M_FANOUT ? "broadcast" : "echo";
    if (!cfg.nsp) cfg.nsp = "/";
    if (!cfg.concurrency) cfg.concurrency = cfg.mode == M_CONNECT ? 32 : 64;
    if (cfg.first_source + cfg.sources > 255) die(EXIT_USAGE, "--first-source and --sources go past 127.0.0.254");
    if (cfg.ack && (cfg.proto == P_RAW || cfg.mode != M_ECHO || cfg.binary))
        die(EXIT_USAGE, "--ack is for Socket.IO text echoes");
    if (cfg.resume && (cfg.proto != P_SIO || cfg.binary)) die(EXIT_USAGE, "--resume is for Socket.IO text on WebSockets");
    if (cfg.binary && !is_ws()) die(EXIT_USAGE, "--binary is for WebSocket protocols");
    if (cfg.publisher_port && cfg.mode != M_FANOUT) die(EXIT_USAGE, "--publisher-port is for fanout mode");
    if (cfg.request_port && cfg.proto != P_POLLING && (!cfg.resume || cfg.deflate))
        die(EXIT_USAGE, "--request-port is for polling, and for --resume without --deflate");
    if (cfg.mode == M_CROWD && (cfg.proto == P_RAW || cfg.binary || strcmp(cfg.nsp, "/") != 0))
        die(EXIT_USAGE, "crowd mode is for Socket.IO text in the namespace /");
    if (cfg.deflate && !is_ws()) die(EXIT_USAGE, "--deflate is for WebSocket protocols");
    if (strlen(cfg.nsp) > 100 || strlen(cfg.event) > 100 || strlen(cfg.path) > 200 || strlen(cfg.deflate_offer) > 300)
        die(EXIT_USAGE, "a name is too long");
    if (cfg.label && strpbrk(cfg.label, "\"\\")) die(EXIT_USAGE, "--label: no quotes, please");
}
