// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The last minute as a picture: the session's way through the transports, the faults where they struck, the round trips.
import { shownMilliseconds } from "/history.js";

const lanes = ["websocket", "sse", "polling", "none"];
const laneNames = { websocket: "WebSocket", sse: "SSE", polling: "Polling", none: "None" };
/** Which lanes a fault is drawn over, and what it is called there. */
const faultShapes = {
    stall: { from: "websocket", to: "none", label: "stalled" },
    slow: { from: "websocket", to: "none", label: "slowed" },
    "block-websocket": { from: "websocket", to: "websocket", label: "blocked" },
    "block-sse": { from: "sse", to: "sse", label: "blocked" },
    "buffer-sse": { from: "sse", to: "sse", label: "buffered" },
};
const left = 84;
const rightMargin = 14;
const top = 26;
const laneHeight = 38;
const lanesBottom = top + lanes.length * laneHeight;
const latencyTop = lanesBottom + 24;
const latencyHeight = 66;
const latencyBottom = latencyTop + latencyHeight;
const height = latencyBottom + 22;
/** The round trips are drawn to a logarithmic scale. */
const [leastLatency, mostLatency] = [0.5, 5000];
const latencyMarks = [[1, "1 ms"], [30, "30 ms"], [1000, "1 s"]];
const narrowestLabel = 52;
/** Narrower than this there is room for half of the time only. */
const wholeWidth = 480;
const frameMilliseconds = 33;
/** For those who want no motion. */
const stepMilliseconds = 1000;

const laneY = (lane) => top + (lanes.indexOf(lane) + 0.5) * laneHeight;
const latencyY = (milliseconds) => {
    const bounded = Math.min(mostLatency, Math.max(leastLatency, milliseconds));
    return latencyBottom - (Math.log(bounded / leastLatency) / Math.log(mostLatency / leastLatency)) * latencyHeight;
};

export class Timeline {
    #svg;
    #history;
    #latency;
    #right = 0;
    #shown = shownMilliseconds;
    #drawnAt = -Infinity;
    #labels = [];
    #calm = matchMedia("(prefers-reduced-motion: reduce)");

    constructor(svg, history, latency) {
        this.#svg = svg;
        this.#history = history;
        this.#latency = latency;
    }

    start() {
        new ResizeObserver(([{ contentRect }]) => this.#resize(contentRect.width)).observe(this.#svg);
        const frame = (now) => {
            if (this.#right && now - this.#drawnAt >= (this.#calm.matches ? stepMilliseconds : frameMilliseconds)) this.#draw();
            requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
    }

    #resize(width) {
        this.#right = width - rightMargin;
        this.#shown = width < wholeWidth ? shownMilliseconds / 2 : shownMilliseconds;
        const shapes = ["grid", "bands", "starts", "cuts", "area", "trips", "way", "gaps"].map((name) => shape("path", name));
        const names = lanes.map((lane) => label(laneNames[lane], "lane", 0, laneY(lane) + 4));
        names.push(label("Round trip", "scale", left, latencyTop - 2));
        const marks = latencyMarks.map(([milliseconds, text]) => label(text, "scale", 0, latencyY(milliseconds) + 4));
        const ends = [
            label(`${this.#shown / 1000} seconds ago`, "scale", left, height - 4),
            label("now", "scale end", this.#right, height - 4),
        ];
        this.#svg.replaceChildren(...shapes, ...names, ...marks, ...ends, shape("circle", "here"));
        this.#labels = [];
        this.#path("grid", [
            ...lanes.map((lane) => `M${left} ${laneY(lane)}H${this.#right}`),
            ...latencyMarks.map(([milliseconds]) => `M${left} ${latencyY(milliseconds)}H${this.#right}`),
        ].join(""));
        this.#draw();
    }

    #draw() {
        const now = (this.#drawnAt = performance.now());
        const perMillisecond = (this.#right - left) / this.#shown;
        const x = (time = now) => Math.max(left, this.#right - (now - time) * perMillisecond).toFixed(1);
        this.#drawWay(x, now);
        this.#drawFaults(x, now);
        this.#drawLatency(x, now);
    }

    #drawWay(x, now) {
        const legs = this.#history.legs.filter(({ until = now }) => now - until < this.#shown);
        let way = "";
        let gaps = "";
        let before = null;
        for (const { lane, since, until } of legs) {
            const y = laneY(lane);
            const isGap = lane === "none";
            // The step down to a gap, and the one up from it, belong to it.
            if (isGap) gaps += `${before ? `M${x(since)} ${laneY(before)}V${y}` : `M${x(since)} ${y}`}H${x(until)}`;
            else if (before === "none") gaps += `V${y}`;
            if (!isGap) way += `${before && before !== "none" ? "V" : `M${x(since)} `}${y}H${x(until)}`;
            before = lane;
        }
        this.#path("way", way);
        this.#path("gaps", gaps);
        const here = this.#svg.querySelector(".here");
        here.setAttribute("cx", this.#right);
        here.setAttribute("cy", laneY(before ?? "none"));
        here.setAttribute("r", before ? "6" : "0");
        this.#svg.dataset.lane = before ?? "";
        for (const [index, name] of this.#svg.querySelectorAll(".lane").entries()) {
            name.classList.toggle("current", lanes[index] === before);
        }
    }

    #drawFaults(x, now) {
        let bands = "";
        let starts = "";
        const labels = [];
        for (const { name, since, until } of this.#history.faults) {
            const { from, to, label: text } = faultShapes[name] ?? {};
            if (!from || now - (until ?? now) > this.#shown) continue;
            const isWhole = from !== to;
            const y = laneY(from) - laneHeight / 2 + (isWhole ? 0 : 3);
            const bottom = laneY(to) + laneHeight / 2 - (isWhole ? 0 : 3);
            const [start, end] = [x(since), x(until)];
            bands += `M${start} ${y}H${end}V${bottom}H${start}Z`;
            if (now - since < this.#shown) starts += `M${start} ${y}V${bottom}`;
            if (end - start > narrowestLabel) labels.push([text, Number(start) + 6, isWhole ? bottom - 6 : y + 11]);
        }
        this.#path("bands", bands);
        this.#path("starts", starts);
        const cuts = this.#history.cuts.filter((at) => now - at < this.#shown).map(x);
        this.#path("cuts", cuts.map((at) => `M${at - 3.5} ${top - 13}l7 7m0 -7l-7 7M${at} ${top - 2}V${top + 6}`).join(""));
        this.#write(labels);
    }

    #drawLatency(x, now) {
        const shown = this.#latency.measured.filter(({ at }) => now - at < this.#shown);
        const points = shown.map(({ at, milliseconds }) => [x(at), latencyY(milliseconds).toFixed(1)]);
        const { waitingMilliseconds } = this.#latency;
        const last = shown.at(-1)?.milliseconds ?? 0;
        if (points.length) points.push([x(), latencyY(Math.max(last, waitingMilliseconds)).toFixed(1)]);
        const line = points.length ? `M${points.map((point) => point.join(" ")).join("L")}` : "";
        this.#path("trips", line);
        this.#path("area", line && `${line}V${latencyBottom}H${points[0][0]}Z`);
    }

    #path(name, d) {
        this.#svg.querySelector(`.${name}`).setAttribute("d", d);
    }

    /** The elements are used again: most of the time nothing but their places change. */
    #write(labels) {
        while (this.#labels.length < labels.length) {
            this.#labels.push(label("", "fault-name", 0, 0));
            this.#svg.append(this.#labels.at(-1));
        }
        for (const [index, made] of this.#labels.entries()) {
            const [text = "", x = 0, y = 0] = labels[index] ?? [];
            if (made.textContent !== text) made.textContent = text;
            made.setAttribute("x", x);
            made.setAttribute("y", y);
        }
    }
}

function shape(tag, name) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    made.setAttribute("class", name);
    return made;
}

function label(text, name, x, y) {
    const made = shape("text", name);
    made.textContent = text;
    made.setAttribute("x", x);
    made.setAttribute("y", y);
    return made;
}
