// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// What happened, in words: a list to read, and now and then a sentence for those who listen.
import { element, secondOf } from "/page.js";

const keptLines = 60;
/** A screen reader is told the last thing, and not more often than this. */
const quietMilliseconds = 4000;

export class Journal {
    #list;
    #spoken;
    #spokenAt = -Infinity;
    #timer;

    constructor(list, spoken) {
        this.#list = list;
        this.#spoken = spoken;
    }

    /** @param {"move" | "fault" | "bad"} kind */
    note(text, kind) {
        const item = element("li");
        item.dataset.kind = kind;
        item.append(element("time", "", secondOf(Date.now())), element("span", "", text));
        this.#list.prepend(item);
        while (this.#list.childElementCount > keptLines) this.#list.lastElementChild.remove();
        this.#speak(text);
    }

    #speak(text) {
        clearTimeout(this.#timer);
        const wait = Math.max(0, this.#spokenAt + quietMilliseconds - performance.now());
        this.#timer = setTimeout(() => {
            this.#spokenAt = performance.now();
            this.#spoken.textContent = text;
        }, wait);
    }
}
