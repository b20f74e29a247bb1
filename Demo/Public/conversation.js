// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The messages of one room: what others said, and one's own from the moment of writing.
import { avatar, byID, element, randomKey, timeOf } from "/page.js";

/** Messages of one author within this time stand together. */
const togetherMilliseconds = 5 * 60_000;
/** What a page keeps of a long evening. */
const keptLines = 400;

export class Conversation {
    #list;
    #scroll;
    #toEnd;
    #send;
    /** Messages by key: a key names a message once, however often it comes. */
    #items = new Map();
    #waiting = new Map();
    #last = null;
    #unread = 0;
    #unseen = 0;
    #room = "";
    #ownKeys = new Set(JSON.parse(sessionStorage.getItem("martlet.own") ?? "[]"));

    constructor(list, scroll, toEnd, send) {
        this.#list = list;
        this.#scroll = scroll;
        this.#toEnd = toEnd;
        this.#send = send;
        scroll.addEventListener("scroll", () => this.#isAtEnd() && this.#sawAll(), { passive: true });
        toEnd.addEventListener("click", () => this.#toTheEnd());
        document.addEventListener("visibilitychange", () => this.#visibilityChanged());
    }

    clear() {
        this.#list.replaceChildren();
        this.#items.clear();
        this.#waiting.clear();
        this.#last = null;
        this.#sawAll();
    }

    /** The room's messages are in. */
    ready(room) {
        this.#room = room;
        this.#showTitle();
        if (this.#list.childElementCount) return;
        const empty = element("li", "empty");
        const bird = element("img");
        bird.src = "/martlet.svg";
        bird.alt = "";
        empty.append(bird, element("p", "", "It is quiet here. Say the first word."));
        this.#list.append(empty);
    }

    /** Puts down one's own message at once and hands it to `send`. */
    write(text, author) {
        const message = { key: randomKey(), text };
        this.#ownKeys.add(message.key);
        sessionStorage.setItem("martlet.own", JSON.stringify([...this.#ownKeys].slice(-100)));
        this.#list.querySelector(".unread")?.remove();
        this.#append({ ...message, author, time: Date.now() }, true);
        this.#waiting.set(message.key, message);
        this.mark(message.key, "waiting");
        this.#toTheEnd();
        this.#send(message);
    }

    /** What was written while there was no connection, or was never acknowledged. */
    sendWaiting() {
        for (const message of this.#waiting.values()) this.#send(message);
    }

    receive(message, { announce }) {
        if (this.#items.has(message.key)) return;
        const own = this.#ownKeys.has(message.key);
        const follow = this.#isAtEnd();
        if (announce && !own) this.#countUnread();
        this.#append(message, own);
        if (own) this.mark(message.key, "delivered");
        this.#trim();
        if (follow) this.#toTheEnd();
        else if (announce) this.#countUnseen();
    }

    note(text) {
        const follow = this.#isAtEnd();
        this.#list.querySelector(".empty")?.remove();
        this.#list.append(element("li", "system", text));
        this.#last = null;
        this.#trim();
        if (follow) this.#toTheEnd();
    }

    mark(key, mark) {
        const item = this.#items.get(key);
        if (!item) return;
        item.dataset.mark = mark;
        const meaning = { waiting: "waiting", sent: "sent", delivered: "delivered", failed: "not sent" }[mark];
        item.querySelector(".tick")?.setAttribute("aria-label", meaning);
        item.querySelector(".failure")?.remove();
    }

    delivered(key, time) {
        this.#waiting.delete(key);
        this.mark(key, "delivered");
        const shown = this.#items.get(key)?.querySelector("time");
        if (shown) shown.textContent = timeOf(time);
    }

    fail(key, reason) {
        const item = this.#items.get(key);
        const message = this.#waiting.get(key);
        if (!item || !message) return;
        this.mark(key, "failed");
        this.#waiting.delete(key);
        const again = element("button", "failure", `${reason}. Try again`);
        again.type = "button";
        again.addEventListener("click", () => {
            this.#waiting.set(key, message);
            this.mark(key, "waiting");
            this.#send(message);
        });
        item.append(again);
    }

    #append(message, own) {
        this.#list.querySelector(".empty")?.remove();
        const last = this.#last;
        const same = last !== null && last.own === own && last.author === message.author
            && message.time - last.time < togetherMilliseconds;
        const item = element("li", `message${own ? " own" : ""}${same ? " same" : ""}`);
        const who = element("p", "who");
        const time = element("time", "", timeOf(message.time));
        time.dateTime = new Date(message.time).toISOString();
        who.append(element("b", "", message.author), time);
        const bubble = element("p", "bubble", message.text);
        if (own) bubble.append(byID("tick").content.firstElementChild.cloneNode(true));
        item.append(avatar(message.author), who, bubble);
        this.#list.append(item);
        this.#items.set(message.key, item);
        this.#last = { author: message.author, own, time: message.time };
    }

    #trim() {
        while (this.#list.childElementCount > keptLines) this.#list.firstElementChild.remove();
    }

    // Unread: said while the tab was hidden. Unseen: said while one was reading further up.

    #countUnread() {
        if (!document.hidden) return;
        if (this.#unread === 0) {
            this.#list.querySelector(".unread")?.remove();
            this.#list.append(element("li", "unread", "New"));
            this.#last = null;
        }
        this.#unread += 1;
        this.#showTitle();
    }

    #visibilityChanged() {
        if (document.hidden) return;
        this.#unread = 0;
        this.#showTitle();
    }

    #showTitle() {
        document.title = `${this.#unread ? `(${this.#unread}) ` : ""}#${this.#room} · Martlet`;
    }

    #countUnseen() {
        this.#unseen += 1;
        this.#toEnd.hidden = false;
        this.#toEnd.textContent = this.#unseen === 1 ? "1 new message" : `${this.#unseen} new messages`;
    }

    #sawAll() {
        this.#unseen = 0;
        this.#toEnd.hidden = true;
    }

    #isAtEnd() {
        return this.#scroll.scrollHeight - this.#scroll.scrollTop - this.#scroll.clientHeight < 60;
    }

    #toTheEnd() {
        this.#scroll.scrollTop = this.#scroll.scrollHeight;
        this.#sawAll();
    }
}
