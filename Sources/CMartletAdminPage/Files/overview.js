// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Namespaces and rooms: what the list of sockets is narrowed down to.
import { byID, element, inFull } from "./page.js";
import { Pager } from "./pager.js";

const namespacesShown = 8;
const roomsShown = 12;

/** Its event: `choose`, when another namespace or room is chosen. */
export class Overview extends EventTarget {
    /** Undefined: all of them. */
    namespace;
    room;
    #namespaces;
    #rooms;

    constructor(connection) {
        super();
        this.#namespaces = new Pager(byID("namespaces"), {
            limit: namespacesShown,
            none: "No namespace",
            isQuiet: true,
            ask: async (part) => {
                const { namespaces, total } = await connection.ask("namespaces", part);
                return { items: namespaces, total };
            },
            key: ({ name }) => name,
            make: ({ name }) => this.#entry(name, () => this.choose(name)),
            update: (item, { name, sockets }) => this.#update(item, sockets, name === this.namespace),
        });
        this.#rooms = new Pager(byID("rooms"), {
            limit: roomsShown,
            none: "No room",
            isQuiet: true,
            ask: async (part) => {
                const { rooms, total, isTotalExact } = await connection.ask("rooms", { namespace: this.namespace, ...part });
                return { items: rooms, total, isExact: isTotalExact };
            },
            key: ({ name }) => name,
            make: ({ name }) => this.#entry(name, () => this.choose(this.namespace, name === this.room ? undefined : name)),
            update: (item, { name, sockets }) => this.#update(item, sockets, name === this.room),
        });
        byID("everywhere").addEventListener("click", () => this.choose(undefined));
    }

    choose(namespace, room) {
        const isOther = namespace !== this.namespace;
        [this.namespace, this.room] = [namespace, room];
        byID("everywhere").setAttribute("aria-current", String(!namespace));
        byID("rooms").hidden = !namespace;
        if (isOther && namespace) {
            byID("rooms").querySelector("[data-items]").replaceChildren();
            this.#rooms.restart({ clears: true });
        }
        this.refresh();
        this.dispatchEvent(new Event("choose"));
    }

    refresh() {
        return Promise.all([this.#namespaces.refresh(), this.namespace && this.#rooms.refresh()]);
    }

    #entry(name, choose) {
        const item = element("li");
        const button = element("button", "entry");
        button.type = "button";
        button.append(element("span", "", name), element("span", "number"));
        button.title = name;
        button.addEventListener("click", choose);
        item.append(button);
        return item;
    }

    #update(item, sockets, isCurrent) {
        const button = item.firstElementChild;
        button.lastElementChild.textContent = inFull(sockets);
        button.setAttribute("aria-current", String(isCurrent));
    }
}
