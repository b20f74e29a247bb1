// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The two lists at the side: the rooms, and who is in this one.
import { avatar, element } from "/page.js";

export class Rooms {
    #list;
    #known = [];
    #selected = null;

    constructor(list) {
        this.#list = list;
    }

    /** @param {{ name: string, people: number }[]} known */
    replace(known) {
        this.#known = known;
        this.#render();
    }

    select(name) {
        this.#selected = name;
        this.#render();
    }

    #render() {
        const missing = this.#selected !== null && !this.#known.some((room) => room.name === this.#selected);
        const shown = missing ? [...this.#known, { name: this.#selected, people: 0 }] : this.#known;
        this.#list.replaceChildren(...shown.map(({ name, people }) => {
            const item = element("li");
            const link = element("a");
            link.href = `#${encodeURIComponent(name)}`;
            if (name === this.#selected) link.setAttribute("aria-current", "page");
            link.append(element("span", "", `#${name}`));
            if (people) link.append(element("span", "number", String(people)));
            item.append(link);
            return item;
        }));
    }
}

export class People {
    #list;
    #count;
    #typingLine;
    #members = new Map();
    #own = null;
    #typing = new Map();

    constructor(list, count, typingLine) {
        this.#list = list;
        this.#count = count;
        this.#typingLine = typingLine;
    }

    get size() {
        return this.#members.size;
    }

    replace(members, own) {
        this.#own = own;
        this.#members = new Map(members.map((member) => [member.user, member.info.name]));
        for (const id of this.#typing.keys()) this.stopTyping(id);
        this.#render();
    }

    nameOf(user) {
        return this.#members.get(user);
    }

    /** A new member, or the new name of one. */
    add(member) {
        this.#members.set(member.user, member.info.name);
        this.#render();
    }

    remove(id) {
        this.stopTyping(id);
        this.#members.delete(id);
        this.#render();
    }

    startTyping(id) {
        // In another tab of one's own.
        if (id === this.#own) return;
        clearTimeout(this.#typing.get(id));
        // "Stopped" is volatile and may be lost: the line goes by itself.
        this.#typing.set(id, setTimeout(() => this.stopTyping(id), 5000));
        this.#renderTyping();
    }

    stopTyping(id) {
        clearTimeout(this.#typing.get(id));
        if (this.#typing.delete(id)) this.#renderTyping();
    }

    #render() {
        const others = [...this.#members].filter(([id]) => id !== this.#own).sort((a, b) => a[1].localeCompare(b[1]));
        const own = this.#members.has(this.#own) ? [[this.#own, this.#members.get(this.#own)]] : [];
        this.#count.textContent = String(this.size);
        this.#list.replaceChildren(...[...own, ...others].map(([id, name]) => {
            const item = element("li");
            item.append(avatar(name), element("span", "", name));
            if (id === this.#own) item.append(element("em", "", "you"));
            return item;
        }));
    }

    #renderTyping() {
        const names = [...this.#typing.keys()].map((id) => this.#members.get(id)).filter(Boolean);
        const lines = ["", `${names[0]} is writing`, `${names[0]} and ${names[1]} are writing`];
        this.#typingLine.textContent = lines[names.length] ?? "Several people are writing";
    }
}
