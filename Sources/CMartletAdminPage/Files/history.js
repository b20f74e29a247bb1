// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// What the server has said in the last minutes, as numbers to draw.

export const shownSeconds = 300;
const longestGapMilliseconds = 5000;

export class History {
    /** The oldest first; what is not known is null. */
    samples = [];
    #last = null;

    add(rates) {
        const last = this.#last;
        this.#last = rates;
        const seconds = last ? (rates.at - last.at) / 1000 : 0;
        // Another server counts from the beginning.
        const isNext = last && seconds > 0 && rates.cpuTime >= last.cpuTime && rates.messagesIn >= last.messagesIn;
        const perSecond = (total) => (isNext ? Math.max(0, rates[total] - last[total]) / seconds : null);
        const cpu = perSecond("cpuTime");
        this.samples.push({
            at: rates.at,
            websocket: rates.sessionsByTransport.websocket ?? 0,
            sse: rates.sessionsByTransport.sse ?? 0,
            polling: rates.sessionsByTransport.polling ?? 0,
            messagesIn: perSecond("messagesIn"),
            messagesOut: perSecond("messagesOut"),
            unsent: rates.unsentBytes,
            memory: rates.residentMemory ?? null,
            cpu: cpu === null ? null : cpu * 100,
            // A line is not drawn over a time without news.
            follows: Boolean(last) && rates.at - last.at < longestGapMilliseconds,
        });
        const oldest = rates.at - shownSeconds * 1000;
        while (this.samples[0].at < oldest) this.samples.shift();
    }

    get latest() {
        return this.samples.at(-1);
    }
}
