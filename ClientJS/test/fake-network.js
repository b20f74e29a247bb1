// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// WebSocket, EventSource and fetch as the page sees them, over a network that loses, stalls and repeats at command, to
// a ModelServer. Time passes by setTimeout.

const globals = ["WebSocket", "EventSource", "fetch"];

export class FakeNetwork {
    /** Each request's params, with its method. */
    requests = [];
    /** What a transport meets, by name: "refused", "silent" (opens, and nothing comes), or an HTTP status. */
    walls = {};
    /** The chance that a request is delivered twice, as browsers and proxies repeat those that had no answer. */
    repeats = 0;
    #saved = Object.fromEntries(globals.map((name) => [name, globalThis[name]]));
    #open = new Set();

    constructor(server, random) {
        this.server = server;
        this.random = random;
        const network = this;
        globalThis.WebSocket = class extends FakeWebSocket {
            constructor(url, protocols) {
                super(network, url, protocols);
            }
        };
        globalThis.EventSource = class extends FakeEventSource {
            constructor(url) {
                super(network, url);
            }
        };
        globalThis.fetch = (url, init) => network.#fetch(url, init);
    }

    restore() {
        Object.assign(globalThis, this.#saved);
    }

    /** A pipe's delay, in ms. */
    delay() {
        return 1 + Math.floor(this.random() * 30);
    }

    log(url, method) {
        const params = Object.fromEntries(new URL(url).searchParams);
        this.requests.push({ method, ...params });
        return params;
    }

    add(connection) {
        this.#open.add(connection);
        return connection;
    }

    remove(connection) {
        this.#open.delete(connection);
    }

    get connections() {
        return [...this.#open];
    }

    /** All that is open is lost: "cut" is noticed by both sides, "client" and "server" by that one, "stall" by none. */
    fail(how = "cut") {
        for (const connection of this.connections) {
            connection.fail(how);
        }
    }

    /** A stream of either kind. */
    stream(url, page) {
        const params = this.log(url, "GET");
        const pipe = this.add(new Pipe(this, page));
        pipe.up(() => {
            const wall = this.walls[params.transport];
            if (wall === "silent") {
                return pipe.down(() => page.opened());
            }
            // Before what the server may send at once; where it refuses nothing comes of it.
            pipe.down(() => pipe.isRefused || page.opened());
            pipe.isRefused = wall || this.server.stream(params, pipe.server);
            if (pipe.isRefused) {
                pipe.down(() => pipe.fail("client"));
            }
        });
        return pipe;
    }

    async #fetch(url, { method = "GET", body, signal }) {
        const params = this.log(url, method);
        if (this.random() < this.repeats) {
            // The connection dies before the answer, and the browser sends the request again by itself.
            setTimeout(() => this.#serve(method, params, body, () => {}), this.delay());
        }
        return new Promise((resolve, reject) => {
            const exchange = this.add({
                transport: params.transport,
                fail: (how) => {
                    this.remove(exchange);
                    exchange.isDead = true;
                    if (how === "cut" || how === "server") {
                        setTimeout(() => exchange.abort?.(), this.delay());
                    }
                    if (how === "cut" || how === "client") {
                        setTimeout(() => reject(new TypeError("network error")), this.delay());
                    }
                },
            });
            const abort = () => {
                exchange.isDead = true;
                setTimeout(() => exchange.abort?.(), this.delay());
                this.remove(exchange);
                reject(new DOMException("aborted", "AbortError"));
            };
            if (signal.aborted) {
                return abort();
            }
            signal.addEventListener("abort", abort);
            setTimeout(() => {
                const wall = this.walls[params.transport];
                // What the client aborted or lost may arrive all the same.
                if (wall === "silent" || (exchange.isDead && this.random() < 0.5)) {
                    return;
                }
                const respond = (status, text) => {
                    setTimeout(() => {
                        if (!exchange.isDead) {
                            this.remove(exchange);
                            signal.removeEventListener("abort", abort);
                            resolve({ ok: status === 200, status, text: async () => text });
                        }
                    }, this.delay());
                };
                if (wall === "refused") {
                    exchange.fail("client");
                } else if (wall) {
                    respond(wall, "<html>");
                } else {
                    exchange.abort = this.#serve(method, params, body, respond);
                    if (exchange.isDead) {
                        exchange.abort?.();
                    }
                }
            }, this.delay());
        });
    }

    #serve(method, params, body, respond) {
        if (method === "POST") {
            respond(...this.server.post(params, body));
            return undefined;
        }
        return this.server.get(params, respond);
    }
}

/** Both directions of a stream, each in order. */
class Pipe {
    isDead = false;
    isRefused = false;
    #upTime = 0;
    #downTime = 0;

    constructor(network, page) {
        this.network = network;
        this.page = page;
        const pipe = this;
        /** What the server is given. */
        this.server = {
            onframe: () => {},
            onclose: () => {},
            send: (frame) => pipe.down(() => page.received(frame)),
            close: () => pipe.down(() => pipe.#end({ code: 1000 })),
            refuse: () => page.refused(pipe),
        };
    }

    up(task) {
        this.#upTime = Math.max(this.#upTime, performance.now() + this.network.delay());
        setTimeout(() => this.isDead || task(), this.#upTime - performance.now());
    }

    down(task) {
        this.#downTime = Math.max(this.#downTime, performance.now() + this.network.delay());
        setTimeout(() => this.isDead || task(), this.#downTime - performance.now());
    }

    fail(how) {
        const { network, page, server } = this;
        network.remove(this);
        this.isDead = true;
        if (how === "cut" || how === "server") {
            setTimeout(() => server.onclose(), network.delay());
        }
        if (how === "cut" || how === "client") {
            setTimeout(() => page.closed({ code: 1006 }), network.delay());
        }
    }

    /** The server closed it. */
    #end(event) {
        this.network.remove(this);
        this.isDead = true;
        this.page.closed(event);
    }

    endWith(event) {
        this.down(() => this.#end(event));
    }

    /** The page closed it. */
    leave() {
        this.network.remove(this);
        this.up(() => {
            this.isDead = true;
            this.server.onclose();
        });
    }
}

class FakeWebSocket {
    readyState = 0;
    bufferedAmount = 0;
    onmessage = null;
    onclose = null;
    onerror = null;
    transport = "websocket";

    constructor(network, url, _protocols) {
        this.pipe = network.stream(url.replace(/^ws/, "http"), {
            opened: () => (this.readyState = Math.max(this.readyState, 1)),
            received: (frame) => this.readyState < 2 && this.onmessage?.({ data: toFrame(frame) }),
            closed: (event) => {
                if (this.readyState < 3) {
                    this.readyState = 3;
                    this.onclose?.(event);
                }
            },
            refused: (pipe) => pipe.endWith({ code: 4001, reason: "Session ID unknown" }),
        });
    }

    send(frame) {
        if (this.readyState !== 1) {
            throw new Error("not open");
        }
        const data = typeof frame === "string" ? frame : new Uint8Array(frame);
        this.pipe.up(() => this.pipe.server.onframe(data));
    }

    close() {
        if (this.readyState < 2) {
            this.readyState = 2;
            this.pipe.leave();
        }
    }
}

class FakeEventSource {
    onmessage = null;
    onerror = null;
    #closed = false;

    constructor(network, url) {
        this.pipe = network.stream(url, {
            opened: () => {},
            received: (data) => this.#closed || this.onmessage?.({ data }),
            closed: (event) => this.#closed || this.onerror?.(event),
            refused: (pipe) => {
                pipe.server.send('1{"code":1,"message":"Session ID unknown"}');
                pipe.endWith({});
            },
        });
    }

    close() {
        if (!this.#closed) {
            this.#closed = true;
            this.pipe.leave();
        }
    }
}

const toFrame = (frame) => (typeof frame === "string" ? frame : frame.slice().buffer);
