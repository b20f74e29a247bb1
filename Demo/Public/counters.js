// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The counts of both directions, and the alarm when one of those that should be 0 is not.
import { Rate } from "/counting.js";
import { byID } from "/page.js";

const everyMilliseconds = 200;
const alarming = { lost: "lost", repeated: "repeated", outOfOrder: "out of order" };
const ways = { down: "from the server to the page", up: "from the page to the server" };

export class Counters {
    #traffic;
    #rates = { down: new Rate(), up: new Rate() };

    constructor(traffic) {
        this.#traffic = traffic;
    }

    start() {
        setInterval(() => this.show(), everyMilliseconds);
        this.show();
    }

    show() {
        const complaints = [];
        for (const direction of ["down", "up"]) {
            const counts = this.#traffic[direction];
            const rate = Math.round(this.#rates[direction].at(performance.now(), counts.received));
            const section = byID("counts").querySelector(`[data-direction="${direction}"]`);
            for (const [name, count] of Object.entries({ ...counts, rate })) {
                const place = section.querySelector(`[data-count="${name}"]`);
                setText(place, count.toLocaleString());
                if (!(name in alarming)) continue;
                alarm(place, count);
                if (count) complaints.push(`${alarming[name]} ${ways[direction]}`);
            }
        }
        byID("alarm").hidden = complaints.length === 0;
        // Without the numbers, which would be read out again and again.
        setText(byID("alarm"), complaints.length ? `Messages ${complaints.join(", ")}` : "");
    }
}

/** A count that should be 0 shows when it is not. */
export function alarm(place, count) {
    place.classList.toggle("wrong", count !== 0);
}

/** What is there already is left alone: nothing is laid out again, and nothing read out. */
export function setText(place, text) {
    if (place.textContent !== text) place.textContent = text;
}
