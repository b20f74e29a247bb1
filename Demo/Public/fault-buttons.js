// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The buttons that break the connection. What they show is what the proxy says is in force.
import { byID } from "/page.js";

export class FaultButtons {
    #faults;
    #history;
    #journal;
    #shown = new Set();

    constructor(faults, history, journal) {
        this.#faults = faults;
        this.#history = history;
        this.#journal = journal;
    }

    start() {
        for (const button of this.#toggles) {
            button.addEventListener("click", () => this.#faults.toggle(button.dataset.fault));
        }
        byID("cut").addEventListener("click", () => this.#faults.cut());
        byID("heal").addEventListener("click", () => this.#faults.heal());
        this.#faults.addEventListener("change", () => this.#show());
        this.#faults.addEventListener("cut", ({ detail }) => {
            if (detail) this.#history.cut();
            this.#journal.note(`Cut: ${detail} ${detail === 1 ? "connection" : "connections"}`, "fault");
        });
        this.#faults.addEventListener("failure", () => this.#journal.note("The proxy did not answer", "bad"));
    }

    get #toggles() {
        return byID("faults").querySelectorAll("[data-fault]");
    }

    #show() {
        const { inForce } = this.#faults;
        for (const button of this.#toggles) {
            const { fault } = button.dataset;
            const isOn = inForce.has(fault);
            button.setAttribute("aria-pressed", String(isOn));
            if (isOn === this.#shown.has(fault)) continue;
            this.#journal.note(`${button.querySelector("b").textContent}: ${isOn ? "on" : "off"}`, "fault");
        }
        this.#shown = inForce;
        this.#history.suffer(inForce);
    }
}
