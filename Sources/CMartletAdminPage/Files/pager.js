// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// A list of which the server gives a part at a time: with a search, and ways to the parts before and after.
import { inFull, reconcile } from "./page.js";

const typingMilliseconds = 250;

export class Pager {
    #options;
    #items;
    #range;
    #previous;
    #next;
    #search;
    #pages;
    #offset = 0;
    /** The number of the last question: answers to earlier ones come too late. */
    #question = 0;

    /**
     * @param options `limit`; `ask`, which fulfils `items`, `total` and `isExact`; `none`; `isQuiet`: a list that is shown
     * whole has neither search nor pages; and what `reconcile` takes
     */
    constructor(root, options) {
        this.#options = options;
        this.#items = root.querySelector("[data-items]");
        this.#range = root.querySelector("[data-range]");
        this.#previous = root.querySelector("[data-previous]");
        this.#next = root.querySelector("[data-next]");
        this.#search = root.querySelector("input[type=search]");
        this.#pages = root.querySelector("[data-pages]");
        this.#previous.addEventListener("click", () => this.#turn(-options.limit));
        this.#next.addEventListener("click", () => this.#turn(options.limit));
        let typing;
        this.#search.addEventListener("input", () => {
            clearTimeout(typing);
            typing = setTimeout(() => this.restart(), typingMilliseconds);
        });
    }

    /** Shows the first part, of a list that may be another one. */
    restart({ clears = false } = {}) {
        if (clears) this.#search.value = "";
        this.#offset = 0;
        return this.refresh();
    }

    /** Shows what there is now. */
    async refresh() {
        const question = ++this.#question;
        const { ask, limit } = this.#options;
        let answer;
        try {
            answer = await ask({ search: this.#search.value.trim() || undefined, offset: this.#offset, limit });
        } catch (error) {
            if (question === this.#question) this.#range.textContent = error.message;
            return;
        }
        if (question !== this.#question) return;
        if (!answer.items.length && this.#offset) return this.restart();
        this.#show(answer);
    }

    #turn(step) {
        this.#offset = Math.max(0, this.#offset + step);
        this.refresh();
    }

    #show({ items, total, isExact = true }) {
        reconcile(this.#items, items, this.#options);
        const end = this.#offset + items.length;
        const isLast = end >= total;
        const whole = total === undefined ? "many" : `${isExact ? "" : "at most "}${inFull(total)}`;
        const isWhole = this.#offset === 0 && isLast;
        this.#pages.hidden = this.#options.isQuiet && isWhole && items.length > 0;
        this.#search.hidden = this.#options.isQuiet && isWhole && !this.#search.value;
        this.#range.textContent = items.length ? `${inFull(this.#offset + 1)}–${inFull(end)} of ${whole}` : this.#options.none;
        this.#previous.disabled = this.#offset === 0;
        this.#next.disabled = isLast;
        this.#previous.hidden = this.#next.hidden = isWhole;
    }
}
