// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// A picture of some numbers over the last five minutes.
import { shownSeconds } from "./history.js";
import { element, svgElement, timeOf } from "./page.js";

const height = 148;
const [top, right, bottom, left] = [8, 10, 20, 46];
const minutes = shownSeconds / 60;

export class Figure {
    root = element("figure", "sheet figure");
    #svg = svgElement("svg", { tabindex: "0", role: "img", height });
    #grid = svgElement("g", { class: "grid" });
    #lines = svgElement("g");
    #rule = svgElement("line", { class: "rule", visibility: "hidden" });
    #tip = element("div", "tip");
    #options;
    #samples = [];
    #width = 300;
    /** The time that the tip is for; null: there is none. */
    #at = null;

    /** @param options `title`; `series`, of which each has a `key` and a `name`; `isStacked`; `write`; `base` */
    constructor(options) {
        this.#options = options;
        const caption = element("figcaption");
        const legend = element("ul", "legend");
        legend.append(...options.series.map(({ name }, index) => element("li", `series-${index + 1}`, name)));
        caption.append(element("h2", "", options.title), options.series.length > 1 ? legend : "");
        const plot = element("div", "plot");
        this.#tip.hidden = true;
        this.#svg.append(this.#grid, this.#lines, this.#rule);
        plot.append(this.#svg, this.#tip);
        this.root.append(caption, plot);
        new ResizeObserver(([{ contentRect }]) => this.#resize(contentRect.width)).observe(plot);
        this.#svg.addEventListener("pointermove", (event) => this.#point(event.offsetX));
        this.#svg.addEventListener("pointerleave", () => this.#pointAt(null));
        this.#svg.addEventListener("blur", () => this.#pointAt(null));
        this.#svg.addEventListener("keydown", (event) => this.#step(event));
    }

    draw(samples) {
        this.#samples = samples;
        const { series, isStacked, title, write } = this.#options;
        const most = Math.max(0, ...samples.map((sample) => {
            const values = series.map(({ key }) => sample[key] ?? 0);
            return isStacked ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values);
        }));
        const scale = roundUp(most, this.#options);
        this.#drawGrid(scale);
        this.#lines.replaceChildren(...(isStacked ? this.#areas(scale) : this.#curves(scale)));
        const latest = series.map(({ key, name }) => `${name} ${this.#say(samples.at(-1)?.[key])}`);
        this.#svg.setAttribute("aria-label", `${title} in the last five minutes. Now: ${latest.join(", ")}. Most: ${write(most)}.`);
        this.#showTip();
    }

    #say(value) {
        return value === null || value === undefined ? "unknown" : this.#options.write(value);
    }

    // MARK: Drawing

    #x(at) {
        const end = this.#samples.at(-1)?.at ?? 0;
        return this.#width - right - ((end - at) / (shownSeconds * 1000)) * (this.#width - left - right);
    }

    #y(value, scale) {
        return height - bottom - (value / scale) * (height - top - bottom);
    }

    #drawGrid(scale) {
        const parts = [];
        for (const value of [0, scale / 2, scale]) {
            const y = this.#y(value, scale);
            const label = svgElement("text", { x: left - 8, y: y + 4, class: "end" });
            label.textContent = this.#options.write(value);
            parts.push(svgElement("line", { x1: left, x2: this.#width - right, y1: y, y2: y }), label);
        }
        for (let minute = 0; minute <= minutes; minute += 1) {
            const x = this.#width - right - (minute / minutes) * (this.#width - left - right);
            const label = svgElement("text", { x, y: height - 4, class: minute === 0 ? "end" : "middle" });
            label.textContent = minute === 0 ? "now" : minute === minutes ? `−${minute} min` : `−${minute}`;
            parts.push(label);
        }
        this.#grid.replaceChildren(...parts);
    }

    #curves(scale) {
        return this.#options.series.map(({ key }, index) => {
            let path = "";
            let isDrawing = false;
            for (const sample of this.#samples) {
                const isKnown = sample[key] !== null;
                if (isKnown) {
                    const point = `${this.#x(sample.at).toFixed(1)} ${this.#y(sample[key], scale).toFixed(1)}`;
                    path += (isDrawing && sample.follows ? "L" : "M") + point;
                }
                isDrawing = isKnown;
            }
            return svgElement("path", { d: path, class: `line series-${index + 1}` });
        });
    }

    /** One upon the other, the last series on top. */
    #areas(scale) {
        const floor = this.#samples.map(() => 0);
        return this.#options.series.map(({ key }, index) => {
            const below = [...floor];
            this.#samples.forEach((sample, number) => (floor[number] += sample[key] ?? 0));
            const point = (heights) => (sample, number) => `${this.#x(sample.at).toFixed(1)} ${this.#y(heights[number], scale).toFixed(1)}`;
            const edge = [...this.#samples.map(point(floor)), ...this.#samples.map(point(below)).reverse()];
            return svgElement("path", { d: edge.length ? `M${edge.join("L")}Z` : "", class: `area series-${index + 1}` });
        });
    }

    #resize(width) {
        this.#width = Math.max(200, width);
        this.#svg.setAttribute("width", this.#width);
        this.#svg.setAttribute("viewBox", `0 0 ${this.#width} ${height}`);
        this.draw(this.#samples);
    }

    // MARK: One time

    #point(x) {
        const end = this.#samples.at(-1)?.at ?? 0;
        const at = end - ((this.#width - right - x) / (this.#width - left - right)) * shownSeconds * 1000;
        this.#pointAt(this.#nearest(at)?.at ?? null);
    }

    #nearest(at) {
        return this.#samples.reduce((best, each) => (best && Math.abs(best.at - at) <= Math.abs(each.at - at) ? best : each), null);
    }

    #step(event) {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (event.key === "Escape") this.#pointAt(null);
        if (!step || !this.#samples.length) return;
        event.preventDefault();
        const index = this.#at === null ? this.#samples.length - 1 - (step > 0) : this.#samples.indexOf(this.#nearest(this.#at));
        this.#pointAt(this.#samples[Math.min(this.#samples.length - 1, Math.max(0, index + step))].at);
    }

    #pointAt(at) {
        this.#at = at;
        this.#showTip();
    }

    #showTip() {
        const sample = this.#at === null ? null : this.#nearest(this.#at);
        this.#tip.hidden = !sample;
        this.#rule.setAttribute("visibility", sample ? "visible" : "hidden");
        if (!sample) return;
        const x = this.#x(sample.at);
        for (const [name, value] of [["x1", x], ["x2", x], ["y1", top], ["y2", height - bottom]]) this.#rule.setAttribute(name, value);
        const values = this.#options.series.map(({ key, name }, index) => {
            const line = element("span", `series-${index + 1}`, name);
            line.append(element("b", "", this.#say(sample[key])));
            return line;
        });
        this.#tip.replaceChildren(element("time", "", timeOf(sample.at)), ...values.reverse());
        this.#tip.style.translate = x > this.#width / 2 ? `calc(${x - 10}px - 100%) 0` : `${x + 10}px 0`;
    }
}

/** The end of the axis: round, and at least `least`. */
function roundUp(value, { base = 1000, least = 4 }) {
    const wanted = Math.max(value, least);
    const unit = base ** Math.floor(Math.log(wanted) / Math.log(base));
    const steps = [1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400, 600, 800, 1000, 1024];
    return (steps.find((step) => step * unit >= wanted) ?? base) * unit;
}
