// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// Small helpers that every part of the page shares.

/** @param {string} id */
export const byID = (id) => document.getElementById(id);

/** An element with a class and a text. Text is only ever set as text, never as markup. */
export function element(tag, className = "", text = "") {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
}

export function svgElement(tag, attributes = {}) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
}

/** A term with its description, for a `dl`. */
export function fact(term, description) {
    const made = element("div");
    made.append(element("dt", "", term), element("dd", "", description));
    return made;
}

/**
 * Makes the children of an element those of the items, in order. A child whose item stays, stays where it is, and keeps
 * the focus.
 */
export function reconcile(parent, items, { key, make, update }) {
    const wanted = new Set(items.map(key));
    const former = new Map([...parent.children].map((child) => [child.dataset.key, child]));
    for (const [name, child] of former) if (!wanted.has(name)) child.remove();
    let next = parent.firstElementChild;
    for (const item of items) {
        const name = key(item);
        const child = former.get(name) ?? make(item);
        child.dataset.key = name;
        update(child, item);
        if (child === next) next = next.nextElementSibling;
        else parent.insertBefore(child, next);
    }
}

/** Has a dialog closed by its buttons with `data-close`, and by a click beside it. */
export function prepareDialog(dialog) {
    for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });
export const timeOf = (milliseconds) => clock.format(milliseconds);
export const dateOf = (milliseconds) => day.format(milliseconds);

export const inFull = (number) => number.toLocaleString();

/** Up to four characters: 950, 1.2k, 34k, 5.1M. */
export function inShort(number) {
    if (number < 10) return trimmed(number);
    const power = number < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(number) / 3));
    const scaled = number / 1000 ** power;
    return `${scaled < 10 && power ? trimmed(scaled) : Math.round(scaled)}${["", "k", "M", "G"][power]}`;
}

export function inBytes(bytes) {
    const power = bytes < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
    const scaled = bytes / 1024 ** power;
    return `${scaled < 10 && power ? trimmed(scaled) : Math.round(scaled)} ${["B", "KiB", "MiB", "GiB", "TiB"][power]}`;
}

export const inPercent = (share) => `${share < 10 ? trimmed(share) : Math.round(share)} %`;

const trimmed = (number) => number.toFixed(1).replace(/\.0$/, "");

/** How long ago something was: 5 s, 12 min, 3 h, 2 d. */
export function ageOf(milliseconds) {
    const seconds = Math.max(0, (Date.now() - milliseconds) / 1000);
    for (const [unit, length] of [["d", 86_400], ["h", 3600], ["min", 60]]) {
        if (seconds >= length) return `${Math.floor(seconds / length)} ${unit}`;
    }
    return `${Math.floor(seconds)} s`;
}

const transports = { websocket: "WebSocket", sse: "SSE", polling: "Polling" };
export const transportName = (name) => transports[name] ?? name;
