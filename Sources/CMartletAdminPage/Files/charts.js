// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The numbers of the whole server, now and over the last five minutes.
import { Figure } from "./figure.js";
import { History } from "./history.js";
import { byID, fact, inBytes, inFull, inPercent, inShort } from "./page.js";

const figures = [
    {
        title: "Sessions",
        series: [{ key: "websocket", name: "WebSocket" }, { key: "sse", name: "SSE" }, { key: "polling", name: "Polling" }],
        isStacked: true,
        write: inShort,
    },
    {
        title: "Messages a second",
        series: [{ key: "messagesIn", name: "received" }, { key: "messagesOut", name: "sent" }],
        write: inShort,
    },
    { title: "Memory", series: [{ key: "memory", name: "resident" }], write: inBytes, base: 1024, least: 1 << 20 },
    { title: "CPU", series: [{ key: "cpu", name: "of one core" }], write: inPercent, least: 4 },
];

export class Charts {
    #history = new History();
    #figures = figures.map((options) => new Figure(options));

    constructor() {
        byID("figures").append(...this.#figures.map(({ root }) => root));
    }

    show(rates) {
        this.#history.add(rates);
        const { latest, samples } = this.#history;
        for (const figure of this.#figures) figure.draw(samples);
        const known = (value, write) => (value === null ? "–" : write(value));
        const perSecond = (value) => (value < 10 ? inShort(value) : inFull(Math.round(value)));
        const tiles = {
            sessions: inFull(rates.sessions),
            sockets: inFull(rates.sockets),
            messagesIn: known(latest.messagesIn, perSecond),
            messagesOut: known(latest.messagesOut, perSecond),
            unsent: inBytes(latest.unsent),
            memory: known(latest.memory, inBytes),
            cpu: known(latest.cpu, inPercent),
        };
        for (const [name, text] of Object.entries(tiles)) document.querySelector(`[data-tile=${name}]`).textContent = text;
        this.#showDisconnects(rates);
    }

    #showDisconnects({ disconnects }) {
        const reasons = Object.entries(disconnects).sort(([, one], [, other]) => other - one);
        byID("disconnects").replaceChildren(...reasons.map(([reason, count]) => fact(reason, inFull(count))));
        byID("no-disconnects").hidden = reasons.length > 0;
    }
}
