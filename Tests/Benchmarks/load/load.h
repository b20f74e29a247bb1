// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/*
 * wsload - a closed-loop load generator for WebSocket and Socket.IO servers.
 *
 * One thread and one epoll loop. Every reply is compared byte for byte with what was sent, in order; anything else is
 * counted as an error. What it can do and what a server must do is in --help (options.c).
 *
 *     options.c     the command line            socket.c      connections, and what is written to them
 *     template.c    messages built once         session.c     opening, sending, failing
 *     http.c        requests and responses      message.c     packets and replies
 *     websocket.c   frames                      inflate.c     compressed messages
 *     loop.c        events and phases           server_use.c  what the server spends
 *     histogram.c   latencies                   report.c      the result
 *     crowd.c       many processes together
 *     comeback.c    clients that come back
 */
#ifndef LOAD_H
#define LOAD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <zlib.h>

#define NS_PER_SEC 1000000000ull
#define NS_PER_MS 1000000ull
#define MAX_MESSAGE (64u << 20) /* a longer message from the server is an error */
#define NOWHERE SIZE_MAX

/* Exit statuses. */
enum { EXIT_ERRORS = 1, EXIT_STALLED = 2, EXIT_USAGE = 64 };

/* ------------------------------------------------------------ configuration */

enum proto { P_RAW, P_SIO, P_POLLING, P_SSE };
enum mode { M_ECHO, M_FANOUT, M_CONNECT, M_IDLE, M_CROWD };

#define MAX_PORTS 16

extern const char *const proto_names[];
extern const char *const mode_names[];

struct configuration {
    enum proto proto;
    enum mode mode;
    const char *host;
    int ports[MAX_PORTS]; /* connections go to these in turn */
    unsigned port_count;
    int publisher_port; /* 0: as the others */
    int request_port;   /* of all requests after the handshake; 0: where that went */
    const char *path;
    const char *event;
    const char *nsp;
    unsigned connections;
    unsigned window;
    unsigned payload;
    double duration;
    double warmup;
    unsigned concurrency;
    unsigned sources;
    unsigned first_source;
    double stall;
    uint64_t count;
    bool ack;
    bool json_payload;
    bool binary;
    bool deflate;
    bool deflate_tx;
    bool resume;
    const char *deflate_offer;
    const char *pids;
    const char *other_pids;
    const char *label;
    const char *json_file;
    bool quiet;
};

extern struct configuration cfg;

void parse_options(int argc, char **argv);
bool is_ws(void);

/* ------------------------------------------------------------------ buffers */

/* A growable byte queue: bytes are appended at the end and taken at `off`. */
struct buf {
    char *p;
    size_t off, len, cap;
};

char *buf_room(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_clear(struct buf *b);
void buf_free(struct buf *b);
size_t buf_left(const struct buf *b);
bool starts_with(const char *p, size_t n, const char *prefix);

void die(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3), noreturn));
void *xalloc(size_t n, size_t size);
uint64_t now_ns(void);

/* ---------------------------------------------------------------- histogram */

/* Log-linear, 64 steps to a power of two: a bucket is at most 1.6 % wide. */
#define HIST_SUB_BITS 6
#define HIST_SUB (1u << HIST_SUB_BITS)
#define HIST_BUCKETS ((64 - HIST_SUB_BITS + 1) * HIST_SUB)

struct hist {
    uint64_t n, max;
    uint64_t bucket[HIST_BUCKETS];
};

extern struct hist lat;      /* echo reply, delivery, or time to a ready connection */
extern struct hist lat_full; /* whole broadcast, or whole life of a connection */

void hist_add(struct hist *h, uint64_t v);
uint64_t hist_at(const struct hist *h, double q);

/* ------------------------------------------------------------ program state */

enum sock_role { R_MAIN, R_POST };
enum http_state { H_HEAD, H_LENGTH, H_CHUNK_SIZE, H_CHUNK_DATA, H_CHUNK_END, H_TRAILER, H_UNTIL_EOF };

struct session;

struct sock {
    int fd; /* -1 when closed */
    uint8_t role;
    bool want_out, dirty, upgraded;
    /* HTTP response parser (not used once upgraded) */
    uint8_t http_state;
    bool http_close;
    int http_status;
    uint64_t http_left;
    struct session *s;
    struct buf rx, tx, body;
};

enum session_state { ST_NEW, ST_OPENING, ST_READY, ST_CLOSING, ST_DEAD };

struct session {
    struct sock main, post;
    uint32_t id;
    uint8_t state;
    bool publisher, await_binary, post_busy, deflated, no_takeover;
    bool moved; /* its requests go to another port than its handshake */
    uint8_t frag_op; /* opcode of the fragmented message under way, 0 for none */
    bool frag_deflated;
    struct buf frag;  /* its fragments */
    struct buf postq; /* Engine.IO packets waiting for the next POST */
    char sid[64];
    uint64_t sent, rcvd, measured;
    uint64_t taken, told; /* lossless: messages that have come, and as many as the server knows of */
    size_t untold;        /* and the bytes of those that it does not */
    uint64_t *ring; /* send times of the outstanding requests */
    uint64_t opened_at, closing_at;
    unsigned attempts; /* in vain, since it was sent away */
    uint64_t due;      /* when it comes back */
    z_stream *inflater;
};

enum phase { PH_OPEN, PH_WARM, PH_MEASURE, PH_DRAIN, PH_HOLD, PH_DONE };

struct state {
    int ep;
    struct sockaddr_in server;
    char ws_key[32], ws_accept[32];
    struct session *sessions;
    unsigned total; /* sessions in all, the publisher with them */
    unsigned opened, opening, ready, dead;
    enum phase phase;
    uint64_t phase_end, last_rx, open_start, open_end;
    uint64_t measure_start, measure_end;
    /* counters of the measured window */
    uint64_t messages, deliveries, broadcasts, bytes_in;
    /* counters of the whole run */
    uint64_t pings, extra, reconnects, deflate_ok, lost, cycles_all, slow_close;
    uint64_t err_mismatch, err_protocol, err_closed, err_connect;
    uint64_t outstanding;
    bool stalled, aborted;
    char why[160];
};

extern struct state G;

/* Broadcasts under way, newest at (sent - 1) % ring. */
struct broadcasts {
    uint64_t sent, done, ring;
    struct {
        uint64_t at, left;
    } *slot;
};

extern struct broadcasts B;

/* ---------------------------------------------------------------- templates */

/*
 * Every message has the same length, so it is built once and only its stamp (and its ack id) is patched. The stamp is
 * 16 hex digits: 6 of the sender's number, 10 of the sequence number.
 */
struct template
{
    char *packet; /* the packet in the clear */
    size_t packet_len, stamp_at, id_at;
    unsigned stamp_len;
    char *frame; /* the packet as a masked frame; with --binary on sio, two frames */
    size_t frame_len, frame_stamp_at, frame_id_at;
    uint8_t mask[4];
    char *expect; /* what must come back */
    size_t expect_len, expect_stamp_at, expect_id_at;
    char *placeholder; /* sio --binary: the text packet that goes before the bytes */
    size_t placeholder_len;
};

extern struct template T;

void make_templates(void);
/* Sends the message `seq` of `s`. */
void send_message(struct session *s, uint64_t seq);
/* Is this the message `seq` of `sender`? */
bool matches(const char *p, size_t n, uint32_t sender, uint64_t seq);

/* ------------------------------------------------------ sockets and sessions */

void mark_dirty(struct sock *k);
void flush_dirty(void);
void watch(struct sock *k, int op);
bool sock_open(struct sock *k);
void sock_close(struct sock *k);
void sock_flush(struct sock *k);

/* Keeps the first reason why something went wrong, to be shown. */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void fail_session(struct session *s, uint64_t *counter, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void open_session(struct session *s, uint64_t now);
void close_session(struct session *s, uint64_t now);
/* Closes its sockets and forgets what was under way. */
void session_release(struct session *s);
void on_ready(struct session *s, uint64_t now);
void on_closed(struct session *s, uint64_t now);

/* ------------------------------------------------------ packets and messages */

void send_packet(struct session *s, const char *p, size_t n);
void send_request(struct session *s, uint64_t now);
void send_broadcast(uint64_t now);
/* One message of the server's, in the clear. */
void on_message(struct session *s, const char *p, size_t n, uint64_t now);
/* One Engine.IO packet, whatever brought it. */
void on_packet(struct session *s, const char *p, size_t n, uint64_t now);

/* --------------------------------------------------------- HTTP and WebSocket */

/* Where a request of a session goes now. */
int port_of(const struct session *s);
void send_request_head(struct sock *k, const char *method, size_t body);
void send_get(struct session *s);
void flush_post(struct session *s);
/* Each takes one thing off the input: the bytes used, 0 when it is not all here, -1 when the session failed. */
ssize_t take_http(struct sock *k, const char *p, size_t n, uint64_t now);
ssize_t take_upgrade(struct session *s, const char *p, size_t n, uint64_t now);
ssize_t take_frame(struct session *s, const char *p, size_t n, uint64_t now);
/* The value of a header in head[0..n), NULL when there is none; ends at CR. */
const char *header(const char *head, size_t n, const char *name, size_t *len);
bool header_has(const char *head, size_t n, const char *name, const char *word);
int status_of(const char *head, size_t n);

size_t frame_header(uint8_t *h, unsigned opcode, size_t n, const uint8_t mask[4]);
void add_frame(struct buf *b, unsigned opcode, const char *p, size_t n);
bool inflate_message(struct session *s, const char *p, size_t n, const char **out, size_t *out_len);
void inflate_end(struct session *s);

/* -------------------------------------------------------------- measurements */

struct server_use {
    double cpu;       /* seconds, to the nanosecond */
    double user, sys; /* the two parts of it, to the clock tick */
    double pss, rss;  /* bytes */
    bool ok;
};

struct server_use server_use(bool memory);
/* The CPU time of processes that the server needs, in seconds. */
double other_cpu(void);
double own_cpu(void);

extern struct server_use use_before, use_after, mem_before, mem_open, mem_end;
extern double own_before, own_after, other_before, other_after;

/* ------------------------------------------------------------------- crowd */

void crowd_open(uint64_t now);
/* Takes orders, and goes on with the last one. Is it over? */
bool crowd_step(uint64_t now);
bool is_crowd_broadcast(const char *p, size_t n);
void on_crowd_broadcast(struct session *s, uint64_t now);

/* ---------------------------------------------------------------- comeback */

/* From now on, sessions that the server ends come back. */
void comeback_wait(void);
/* A session has ended. Does it come back? */
bool comeback_lost(struct session *s);
void comeback_step(uint64_t now);

void begin(void);
void run(void);
void say_goodbye(void);
void report(void);
uint64_t errors(void);
/* A measured window in which nothing completed says nothing. */
bool empty_run(void);

#endif
