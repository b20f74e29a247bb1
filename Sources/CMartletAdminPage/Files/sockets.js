// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The sockets of what is chosen.
import { ageOf, byID, dateOf, element, inFull, transportName } from "./page.js";
import { Pager } from "./pager.js";

const socketsShown = 25;
const roomsNamed = 3;

export class Sockets {
    #pager;
    #overview;

    constructor(connection, overview, open) {
        this.#overview = overview;
        this.#pager = new Pager(byID("sockets"), {
            limit: socketsShown,
            none: "No socket",
            ask: async (part) => {
                const { namespace, room } = overview;
                const { sockets, total } = await connection.ask("sockets", { namespace, room, ...part });
                return { items: sockets, total };
            },
            key: ({ namespace, id }) => `${namespace} ${id}`,
            make: (socket) => this.#row(socket, open),
            update: (row, socket) => this.#update(row, socket),
        });
        overview.addEventListener("choose", () => this.restart());
    }

    restart() {
        const { namespace, room } = this.#overview;
        byID("scope").textContent = room ? `in ${room} of ${namespace}` : namespace ? `in ${namespace}` : "";
        byID("scope").title = byID("scope").textContent;
        byID("sockets").classList.toggle("of-one-namespace", Boolean(namespace));
        return this.#pager.restart();
    }

    refresh() {
        return this.#pager.refresh();
    }

    #row({ namespace, id }, open) {
        const row = element("tr");
        const head = element("th");
        head.scope = "row";
        const button = element("button", "link", id);
        button.type = "button";
        button.addEventListener("click", () => open(namespace, id));
        head.append(button);
        row.append(head, ...["namespace", "transport", "address", "connected", "rooms"].map((name) => element("td", name)));
        return row;
    }

    #update(row, { namespace, transport, address, connectedAt, rooms, roomCount }) {
        const [, ...cells] = row.cells;
        const named = rooms.slice(0, roomsNamed).join(", ");
        const rest = roomCount - Math.min(roomCount, roomsNamed);
        const texts = [
            namespace,
            transportName(transport),
            address ?? "–",
            ageOf(connectedAt),
            rest > 0 ? `${named} and ${inFull(rest)} more` : named || "–",
        ];
        texts.forEach((text, index) => cells[index].textContent !== text && (cells[index].textContent = text));
        cells[1].dataset.transport = transport;
        cells[3].title = dateOf(connectedAt);
        cells[4].title = rooms.join(", ");
    }
}
