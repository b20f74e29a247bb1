// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Sends numbered messages without a pause, whatever becomes of the network, and looks whether their echoes come back each
// once and in order; if asked, numbered broadcasts as well, whose numbers all clients look at. It imports nothing, so
// that it runs in Node and in a page.

/** Sizes up to more than what goes into a segment; every 20th message has an attachment, a second message on the wire. */
const text = (number) => "é".repeat((number * 37) % 900);
const bytes = (number) => (number % 20 ? null : new Uint8Array(number % 1000));

/**
 * @param {object} options
 * @param {Function} options.io the client's
 * @param {string} options.url
 * @param {string[]} options.transports
 * @param {number} [options.perSecond] how many messages it sends; what a session keeps without a transport is a megabyte,
 *     which is a thousand of them
 * @param {boolean} [options.broadcasts] whether every tenth message is followed by a broadcast
 */
export function numbers({ io, url, transports, perSecond = 1000, broadcasts = false }) {
    const socket = io(url, {
        transports,
        reconnectionDelay: 50,
        reconnectionDelayMax: 200,
        forceNew: true,
    });
    const state = {
        sent: 0,
        received: 0,
        faults: [],
        sessions: [],
        sockets: [],
        disconnects: 0,
        losses: 0,
        attaches: 0,
        transport: null,
        isDone: false,
        // The last number of its own broadcasts, and of those of all by the id of their sender.
        published: 0,
        heard: {},
    };
    let isSending = true;
    const fault = (what) => state.faults.length < 10 && state.faults.push(what);

    socket.on("connect", () => {
        state.sockets.push(socket.id);
        state.sessions.push(socket.io.engine.id);
    });
    socket.on("disconnect", (reason) => {
        state.disconnects++;
        fault(reason);
    });
    socket.io.on("transport", (name) => (name ? state.attaches++ : state.losses++));
    socket.on("message-back", (number, filling, attachment) => {
        state.received++;
        const expected = bytes(number);
        const isWhole = filling === text(number) && attachment?.byteLength === expected?.byteLength;
        if (number !== state.received || !isWhole) {
            fault([state.received, number, isWhole]);
        }
    });
    socket.on("broadcast", ([sender, number]) => {
        // The first that comes of another client may be any.
        const last = state.heard[sender] ?? (sender === socket.id ? 0 : number - 1);
        if (number !== last + 1) {
            fault([sender, last, number]);
        }
        state.heard[sender] = number;
    });

    const sending = setInterval(() => {
        for (let i = 0; i < perSecond / 100 && isSending && socket.connected; i++) {
            const number = ++state.sent;
            socket.emit("message", number, text(number), bytes(number));
            if (broadcasts && number % 10 === 0) {
                socket.emit("broadcast", [socket.id, ++state.published]);
            }
        }
    }, 10);

    return {
        socket,
        /** What has come of it so far. */
        look() {
            const isAllBack = state.received >= state.sent && (state.heard[socket.id] ?? 0) >= state.published;
            return { ...state, transport: socket.io.transport, isDone: !isSending && isAllBack };
        },
        switch: (transport) => void socket.io.switchTransport(transport).catch(() => {}),
        finish() {
            isSending = false;
            clearInterval(sending);
        },
    };
}
