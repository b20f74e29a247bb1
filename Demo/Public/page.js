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

export const remembered = (key) => localStorage.getItem(`martlet.${key}`);
export const remember = (key, value) => localStorage.setItem(`martlet.${key}`, value);

/** Goes from light to dark or back, and stays there (theme.js). */
export function toggleTheme() {
    const root = document.documentElement;
    const { theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light" } = root.dataset;
    root.dataset.theme = theme === "dark" ? "light" : "dark";
    remember("theme", root.dataset.theme);
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const clockWithSeconds = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
export const timeOf = (milliseconds) => clock.format(milliseconds);
export const secondOf = (milliseconds) => clockWithSeconds.format(milliseconds);

/** A shield with the name's first letter, in a hue of the name's own. */
export function avatar(name) {
    const made = element("span", "avatar", [...name.trim()][0] ?? "?");
    let hash = 7;
    for (const character of name) hash = (hash * 31 + character.codePointAt(0)) % 65_521;
    made.style.setProperty("--hue", String(Math.round(hash * 137.508) % 360));
    made.setAttribute("aria-hidden", "true");
    return made;
}

/** 128 random bits in hexadecimal. `crypto.randomUUID` is missing on plain http. */
export function randomKey() {
    return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
