// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *transport_name(void)
{
    return cfg.proto == P_SIO ? "websocket" : cfg.proto == P_POLLING ? "polling" : cfg.proto == P_SSE ? "sse" : NULL;
}

int port_of(const struct session *s)
{
    if (cfg.request_port && s->sid[0]) return cfg.request_port;
    if (cfg.publisher_port && s->publisher) return cfg.publisher_port;
    return cfg.ports[s->id % cfg.port_count];
}

void send_request_head(struct sock *k, const char *method, size_t body)
{
    char head[1024], length[64] = "", query[256] = "";
    const char *transport = transport_name(), *sid = k->s->sid;
    if (transport)
        snprintf(query, sizeof query, "%sEIO=4&transport=%s%s%s%s", strchr(cfg.path, '?') ? "&" : "?", transport,
                 !cfg.resume ? "" : sid[0] ? "&attach=1&ack=0" : "&resume=1", sid[0] ? "&sid=" : "", sid);
    if (*method == 'P')
        snprintf(length, sizeof length, "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %zu\r\n", body);
    int n = snprintf(head, sizeof head, "%s %s%s HTTP/1.1\r\nHost: %s:%d\r\n%s", method, cfg.path, query, cfg.host,
                     port_of(k->s), length);
    buf_add(&k->tx, head, (size_t)n);
    if (is_ws()) {
        n = snprintf(
            head, sizeof head,
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n",
            G.ws_key);
        buf_add(&k->tx, head, (size_t)n);
        if (cfg.deflate) {
            n = snprintf(head, sizeof head, "Sec-WebSocket-Extensions: %s\r\n", cfg.deflate_offer);
            buf_add(&k->tx, head, (size_t)n);
        }
    } else if (cfg.proto == P_SSE && *method == 'G') {
        buf_str(&k->tx, "Accept: text/event-stream\r\n");
    }
    buf_str(&k->tx, "\r\n");
    mark_dirty(k);
}

void send_get(struct session *s)
{
    /* The connection of the handshake, which went elsewhere. */
    if (cfg.request_port && !s->moved) {
        sock_close(&s->main);
        s->moved = true;
    }
    if (s->main.fd < 0) {
        G.reconnects++;
        if (!sock_open(&s->main)) {
            fail_session(s, &G.err_connect, "reconnect");
            return;
        }
    }
    send_request_head(&s->main, "GET", 0);
}

/* One POST at a time; what is queued meanwhile goes in the next, separated by 0x1e. */
void flush_post(struct session *s)
{
    if (s->post_busy || !buf_left(&s->postq)) return;
    if (s->post.fd < 0 && !sock_open(&s->post)) {
        fail_session(s, &G.err_connect, "connect");
        return;
    }
    s->post_busy = true;
    send_request_head(&s->post, "POST", buf_left(&s->postq));
    buf_add(&s->post.tx, s->postq.p + s->postq.off, buf_left(&s->postq));
    buf_clear(&s->postq);
}

const char *header(const char *head, size_t n, const char *name, size_t *len)
{
    size_t k = strlen(name);
    const char *end = head + n;
    for (const char *p = head; p < end;) {
        const char *eol = memchr(p, '\r', (size_t)(end - p));
        if (!eol) break;
        if ((size_t)(eol - p) > k && p[k] == ':' && strncasecmp(p, name, k) == 0) {
            p += k + 1;
            while (p < eol && (*p == ' ' || *p == '\t')) p++;
            *len = (size_t)(eol - p);
            return p;
        }
        p = eol + 2;
    }
    return NULL;
}

bool header_has(const char *head, size_t n, const char *name, const char *word)
{
    size_t len, k = strlen(word);
    const char *v = header(head, n, name, &len);
    for (size_t i = 0; v && i + k <= len; i++)
        if (strncasecmp(v + i, word, k) == 0) return true;
    return false;
}

int status_of(const char *head, size_t n)
{
    return n > 12 && memcmp(head, "HTTP/1.", 7) == 0 ? atoi(head + 9) : 0;
}

/* An event stream's body: every complete "data:" line is one packet. */
static void on_stream_data(struct session *s, uint64_t now)
{
    struct buf *b = &s->main.body;
    while (s->state != ST_DEAD && s->main.fd >= 0 && buf_left(b)) {
        const char *p = b->p + b->off, *eol = memchr(p, '\n', buf_left(b));
        if (!eol) break;
        size_t n = (size_t)(eol - p);
        b->off += n + 1;
        if (n && p[n - 1] == '\r') n--;
        if (starts_with(p, n, "data:")) {
            p += 5, n -= 5;
            if (n && *p == ' ') p++, n--;
            on_packet(s, p, n, now);
        }
    }
}

/* A whole HTTP response has come. */
static void on_response(struct sock *k, uint64_t now)
{
    struct session *s = k->s;
    bool again = !k->http_close;
    if (k->http_status != 200 && s->state == ST_CLOSING) { /* the poll under way lost its session, as we asked */
        if (k->role == R_POST) on_closed(s, now);
        else buf_clear(&k->body);
        return;
    }
    if (k->http_status != 200) {
        fail_session(s, &G.err_protocol, "HTTP %d: %.*s", k->http_status,
                     (int)(buf_left(&k->body) < 60 ? buf_left(&k->body) : 60), k->body.p + k->body.off);
        return;
    }
    if (k->role == R_POST) {
        s->post_busy = false;
        if (!again) sock_close(k);
        buf_clear(&k->body);
        if (s->state == ST_CLOSING && !buf_left(&s->postq)) {
            on_closed(s, now);
            return;
        }
        flush_post(s);
        return;
    }
    if (cfg.proto == P_SSE) {
        if (s->state == ST_CLOSING) sock_close(k); /* our close packet's answer is still to come */
        else fail_session(s, &G.err_closed, "the event stream ended");
        return;
    }
    /* A polling response: hold its packets, ask for the next, then act on them. */
    static struct buf held;
    buf_clear(&held);
    buf_add(&held, k->body.p + k->body.off, buf_left(&k->body));
    buf_clear(&k->body);
    if (!again) sock_close(k);
    size_t at = 0;
    if (!s->sid[0]) { /* the handshake names the session that the next GET needs */
        const char *sep = memchr(held.p, 0x1e, held.len);
        size_t n = sep ? (size_t)(sep - held.p) : held.len;
        if (!n || held.p[0] != '0') {
            fail_session(s, &G.err_protocol, "no open packet");
            return;
        }
        on_packet(s, held.p, n, now);
        at = n + 1;
    }
    if (s->state == ST_DEAD) return;
    if (s->state != ST_CLOSING) send_get(s);
    while (at < held.len && s->state != ST_DEAD && s->state != ST_NEW) {
        const char *sep = memchr(held.p + at, 0x1e, held.len - at);
        size_t n = sep ? (size_t)(sep - (held.p + at)) : held.len - at;
        on_packet(s, held.p + at, n, now);
        at += n + 1;
    }
}

ssize_t take_http(struct sock *k, const char *p, size_t n, uint64_t now)
{
    struct session *s = k->s;
    const char *eol;
    size_t use = 0, len;
    bool whole = false;
    switch (k->http_state) {
    case H_HEAD: {
        const char *end = memmem(p, n, "\r\n\r\n", 4);
        if (!end) return 0;
        use = (size_t)(end - p) + 4;
        k->http_status = status_of(p, use);
        k->http_close = header_has(p, use, "Connection", "close");
        const char *cl = header(p, use, "Content-Length", &len);
        buf_clear(&k->body);
        if (header_has(p, use, "Transfer-Encoding", "chunked")) {
            k->http_state = H_CHUNK_SIZE;
        } else if (cl) {
            k->http_state = H_LENGTH;
            k->http_left = strtoull(cl, NULL, 10);
            whole = k->http_left == 0;
            if (k->http_left > MAX_MESSAGE) k->http_status = 0;
        } else {
            k->http_state = H_UNTIL_EOF;
        }
        if (!k->http_status) {
            fail_session(s, &G.err_protocol, "not an HTTP response: %.*s", 20, p);
            return -1;
        }
        break;
    }
    case H_LENGTH:
    case H_CHUNK_DATA:
        use = n < k->http_left ? n : k->http_left;
        buf_add(&k->body, p, use);
        k->http_left -= use;
        if (!k->http_left) {
            if (k->http_state == H_LENGTH) whole = true;
            else k->http_state = H_CHUNK_END;
        }
        break;
    case H_UNTIL_EOF:
        use = n;
        buf_add(&k->body, p, use);
        break;
    case H_CHUNK_SIZE:
        if (!(eol = memmem(p, n, "\r\n", 2))) return 0;
        use = (size_t)(eol - p) + 2;
        k->http_left = strtoull(p, NULL, 16);
        k->http_state = k->http_left ? H_CHUNK_DATA : H_TRAILER;
        break;
    case H_CHUNK_END:
        if (n < 2) return 0;
        use = 2;
        k->http_state = H_CHUNK_SIZE;
        break;
    case H_TRAILER:
        if (!(eol = memmem(p, n, "\r\n", 2))) return 0;
        use = (size_t)(eol - p) + 2;
        whole = use == 2;
        break;
    }
    if (cfg.proto == P_SSE && k->role == R_MAIN && k->http_status == 200) on_stream_data(s, now);
    if (whole && s->state != ST_DEAD) {
        k->http_state = H_HEAD;
        on_response(k, now);
    }
    return s->state == ST_DEAD || k->fd < 0 ? -1 : (ssize_t)use;
}
