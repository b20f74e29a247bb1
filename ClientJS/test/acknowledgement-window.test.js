// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { AcknowledgementWindow, sizeOf } from "../src/acknowledgement-window.js";
import { randomFrom } from "./manual-clock.js";

function create(buffer = 1000, ...messages) {
    const window = new AcknowledgementWindow();
    window._buffer = buffer;
    push(window, ...messages);
    return window;
}

const push = (window, ...messages) => messages.forEach((data) => window._push({ type: 4, data, owner: data }));
const texts = (messages) => messages.map(({ data }) => data);
const send = (window, count = Infinity) => {
    const next = window._next().slice(0, count);
    window._took(next.length);
    return texts(next);
};

test("the size is that of bytes, or nearly", () => {
    assert.deepEqual(["abc", new ArrayBuffer(5), new Blob(["12"]), ""].map(sizeOf), [3, 5, 2, 0]);
});

describe("what goes out", () => {
    test("goes in order, and is kept until it is acknowledged", () => {
        const window = create(1000, "a", "b", "c");
        assert.deepEqual(send(window, 2), ["a", "b"]);
        assert.deepEqual(send(window), ["c"]);
        assert.deepEqual(send(window), []);
        window._trim(2);
        assert.deepEqual([window._bytes, window._flying, window._unsent], [1, 1, 0]);
        window._attach(0, 2, false);
        assert.deepEqual(send(window), ["c"]);
    });

    test("of a plain session is gone when it is handed over", () => {
        const window = create(0, "a", "b");
        assert.deepEqual(send(window), ["a", "b"]);
        assert.deepEqual([window._bytes, window._queue.length, window._isFull], [0, 0, false]);
    });

    test("pauses at `buffer` unacknowledged bytes, after one message at least", () => {
        const window = create(10, "x".repeat(30), "a");
        assert.deepEqual(send(window), ["x".repeat(30)]);
        assert.ok(window._isFull);
        assert.deepEqual(send(window), []);
        window._trim(1);
        assert.deepEqual(send(window), ["a"]);
        assert.ok(!window._isFull);
        push(window, "b".repeat(8), "c", "d");
        assert.deepEqual(send(window), ["b".repeat(8), "c"]);
    });

    describe("waits for an event that is held", () => {
        const event = [4, 5].map((size, i) => ({ type: 4, data: new ArrayBuffer(size), _isHeld: !i }));
        const hold = () => {
            const window = create(100, "a");
            event.forEach((message) => window._push({ ...message }));
            push(window, "b");
            assert.deepEqual(send(window), ["a"]);
            assert.deepEqual(send(window), []);
            return window;
        };

        test("and lets it go as a whole", () => {
            const window = hold();
            window._queue[1]._isHeld = false;
            assert.deepEqual(send(window), [event[0].data, event[1].data, "b"]);
        });

        test("or does without it", () => {
            const window = hold();
            const held = window._queue.slice(1, 3);
            assert.ok(window._remove(held));
            assert.deepEqual([window._bytes, send(window), window._bytes], [2, ["b"], 2]);
            assert.ok(!window._remove(held));
            window._trim(2);
            assert.deepEqual([window._bytes, window._flying], [0, 0]);
        });

        test("which a recall takes out", () => {
            const window = hold();
            const held = window._queue.slice(1, 3);
            assert.deepEqual(window._recall(), ["b"]);
            assert.ok(!window._remove(held));
        });
    });

    test("goes again on the next stream, from what the peer has", () => {
        const window = create(1000, "a", "b", "c");
        send(window);
        window._attach(0, 1, false);
        assert.deepEqual([window._sent, window._flying, window._unsent], [1, 0, 2]);
        assert.deepEqual(send(window, 1), ["b"]);
        // What came late on the stream before may acknowledge more than went out on this one.
        window._trim(3);
        assert.deepEqual([window._sent, window._flying, window._bytes], [3, 0, 0]);
    });

    test("is never acknowledged beyond what was handed over; a count from before is ignored", () => {
        const window = create(1000, "a", "b");
        send(window, 1);
        assert.throws(() => window._trim(2), /invalid packet/);
        window._trim(1);
        window._trim(0);
        assert.equal(window._acknowledged, 1);
    });

    test("comes back at the end if it was never handed over", () => {
        const window = create(1000, "a", "b", "c");
        send(window, 2);
        window._attach(0, 0, false);
        assert.deepEqual(window._recall(), ["c"]);
        assert.equal(window._unsent, 2);
    });

    test("comes back by its first message only", () => {
        const window = create();
        window._push({ type: 4, data: "head", owner: "event" });
        window._push({ type: 4, data: new ArrayBuffer(1) });
        assert.deepEqual(window._recall(), ["event"]);
        const half = create();
        half._push({ type: 4, data: "head", owner: "event" });
        half._push({ type: 4, data: new ArrayBuffer(1) });
        send(half, 1);
        assert.deepEqual(half._recall(), []);
    });
});

describe("what comes in", () => {
    test("is taken once, and none may be missing", () => {
        const window = create();
        assert.deepEqual([1, 2, 2, 1, 3].map((number) => window._take(number, "a")), [true, true, false, false, true]);
        assert.throws(() => window._take(5, "a"), /broken session/);
    });

    test("is to be acknowledged at 64 messages", () => {
        const window = create(1 << 20);
        for (let number = 1; number <= 64; number++) {
            assert.ok(!window._isDue);
            window._take(number, "");
        }
        assert.ok(window._isDue);
        window._report(64);
        assert.ok(!window._isDue);
    });

    test("is to be acknowledged at min(64 KiB, buffer/4) bytes", () => {
        for (const [buffer, due] of [[1000, 250], [1 << 20, 65536]]) {
            const window = create(buffer);
            window._take(1, "x".repeat(due - 1));
            assert.ok(!window._isDue);
            window._take(2, "x");
            assert.ok(window._isDue);
        }
    });

    test("stays due when less was told than came in", () => {
        const window = create(1000);
        window._take(1, "x".repeat(300));
        window._report(0);
        assert.ok(window._isDue);
    });
});

describe("an attach", () => {
    test("cannot begin behind what the client has", () => {
        const window = create();
        window._take(1, "a");
        window._attach(1, 0, false);
        window._attach(0, 0, false);
        assert.throws(() => window._attach(2, 0, false), /broken session/);
    });

    test("cannot go back behind what was acknowledged, unless what goes up says its number", () => {
        const window = create(1000, "a", "b");
        send(window);
        window._trim(2);
        assert.throws(() => window._attach(0, 1, false), /broken session/);
        window._attach(0, 1, true);
        assert.equal(window._sent, 2);
        assert.throws(() => window._attach(0, 3, true), /invalid packet/);
    });
});

test("two windows over streams that break at random lose, repeat and reorder nothing", () => {
    const seed = Number(process.env.MARTLET_SEED ?? Math.floor(Math.random() * 2 ** 31));
    console.log("seed", seed);
    const random = randomFrom(seed);
    const sides = [create(50), create(50)];
    const sent = [[], []];
    const received = [[], []];
    // What is under way to each side, and the number before its first.
    const streams = [
        { begin: 0, messages: [] },
        { begin: 0, messages: [] },
    ];
    for (let step = 0; step < 100000; step++) {
        const side = random() < 0.5 ? 0 : 1;
        const [mine, other] = [sides[side], sides[1 - side]];
        const chance = random();
        if (chance < 0.3 && sent[0].length + sent[1].length < 20000) {
            const text = `${sent[side].length}${"x".repeat(random() * 20)}`;
            sent[side].push(text);
            push(mine, text);
        } else if (chance < 0.6) {
            streams[1 - side].messages.push(...send(mine, 1 + Math.floor(random() * 5)));
        } else if (chance < 0.9) {
            const stream = streams[side];
            if (stream.messages.length) {
                const text = stream.messages.shift();
                if (mine._take(++stream.begin, text)) {
                    received[side].push(text);
                }
            }
        } else if (chance < 0.98) {
            if (mine._isDue) {
                mine._report(mine._received);
                other._trim(mine._received);
            }
        } else {
            // Both directions break, and what was under way is lost.
            sides.forEach((each, i) => each._attach(each._received, sides[1 - i]._received, false));
            sides.forEach((each, i) => {
                streams[i] = { begin: each._received, messages: [] };
                each._report(each._received);
            });
        }
    }
    for (const side of [0, 1]) {
        assert.deepEqual(received[side], sent[1 - side].slice(0, received[side].length));
        assert.ok(received[side].length > 3000, `${received[side].length} received`);
    }
});
