// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The transport panel: which way the messages go, how fast, and the means to change it.
import { choices } from "/connection.js";
import { Latency, inMilliseconds } from "/latency.js";
import { byID, element, remember, secondOf, toggleTheme } from "/page.js";

const endings = {
    "transport close": "Connection lost",
    "transport error": "Connection failed",
    "ping timeout": "The server went silent",
    "io server disconnect": "The server said goodbye",
    "forced close": "Offline",
};
const everyMilliseconds = 2000;
const offlineMilliseconds = 5000;
const keptLatencies = 30;
const keptLogLines = 6;

export class Panel {
    #connection;
    #latency;
    #shown = null;

    constructor(connection) {
        this.#connection = connection;
        this.#latency = new Latency(connection, keptLatencies);
    }

    start() {
        const { socket } = this.#connection;
        socket.on("connect", () => {
            this.#show();
            setTimeout(() => this.#latency.measure(), 400);
        });
        socket.on("disconnect", (reason, details) => {
            if (details?.message !== "transport switch") this.#log(endings[reason] ?? reason);
            this.#show();
        });
        socket.io.on("transport", () => this.#show());
        this.#connection.addEventListener("count", () => {
            byID("sent").textContent = this.#connection.sent.toLocaleString();
            byID("received").textContent = this.#connection.received.toLocaleString();
        });
        this.#latency.addEventListener("measured", () => this.#draw());
        this.#latency.start(everyMilliseconds);

        for (const radio of byID("choice").querySelectorAll("input")) {
            radio.checked = radio.value === this.#connection.choice;
            radio.addEventListener("change", () => {
                remember("transport", radio.value);
                this.#connection.choose(radio.value);
            });
        }
        byID("offline").addEventListener("click", async () => {
            byID("offline").disabled = true;
            await this.#connection.goOffline(offlineMilliseconds);
            byID("offline").disabled = false;
        });
        this.#drawers();
        byID("theme").addEventListener("click", toggleTheme);
        this.#show();
    }

    #show() {
        const { transport, session } = this.#connection;
        const label = transport ? choices[transport]?.label ?? transport : "Connecting";
        byID("wire").dataset.transport = transport ?? "none";
        byID("wire-name").textContent = label;
        byID("wire-note").textContent = transport ? choices[transport]?.note ?? "" : "Looking for a way through";
        byID("open-panel").dataset.state = transport ? "connected" : "down";
        byID("pill-name").textContent = transport ? label : "Connecting";
        byID("open-panel").setAttribute("aria-label", `Connection: ${label}`);
        byID("session").textContent = session ?? "–";
        byID("session").title = session ?? "";
        if (!transport) {
            byID("latency").textContent = "–";
            byID("pill-latency").textContent = "";
        }
        if (transport && this.#shown !== session + transport) {
            this.#shown = session + transport;
            this.#log(`Connected over ${label}`);
        }
    }

    #draw() {
        const latencies = this.#latency.measured.map(({ milliseconds }) => milliseconds);
        byID("latency").textContent = byID("pill-latency").textContent = inMilliseconds(latencies.at(-1));
        const [width, height] = [158, 44];
        const top = Math.max(8, ...latencies) * 1.15;
        const points = latencies.map((latency, index) => {
            const x = width - (latencies.length - 1 - index) * (width / (keptLatencies - 1));
            return `${x.toFixed(1)} ${(height - (latency / top) * height).toFixed(1)}`;
        });
        const line = `M${points.join("L")}`;
        byID("spark-line").setAttribute("d", line);
        const first = points[0].split(" ")[0];
        byID("spark-area").setAttribute("d", `${line}V${height}H${first}Z`);
    }

    #log(text) {
        const item = element("li");
        item.append(element("time", "", secondOf(Date.now())), element("span", "", text));
        byID("log").prepend(item);
        while (byID("log").childElementCount > keptLogLines) byID("log").lastElementChild.remove();
    }

    // On a small screen the two sides are drawers; on a large one they are simply there.

    #drawers() {
        const openers = [byID("open-side"), byID("open-panel")];
        const drawerOf = (opener) => byID(opener.getAttribute("aria-controls"));
        const show = (shown) => {
            for (const opener of openers) {
                byID("app").classList.toggle(opener.id, opener === shown);
                opener.setAttribute("aria-expanded", String(opener === shown));
            }
            byID("chat").inert = shown !== null;
        };
        const close = () => {
            const open = openers.find((opener) => opener.getAttribute("aria-expanded") === "true");
            if (!open) return;
            show(null);
            open.focus();
        };
        for (const opener of openers) {
            opener.addEventListener("click", () => {
                const drawer = drawerOf(opener);
                if (getComputedStyle(drawer).position === "fixed") show(opener);
                drawer.querySelector("a, input:checked").focus({ preventScroll: true });
            });
        }
        byID("close-panel").addEventListener("click", close);
        byID("shade").addEventListener("click", close);
        addEventListener("hashchange", close);
        addEventListener("resize", close);
        addEventListener("keydown", (event) => event.key === "Escape" && close());
    }
}
