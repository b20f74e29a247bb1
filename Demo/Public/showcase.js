// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The showcase: one session, its way through the transports, and the faults on it.
import { Connection, choices } from "/connection.js";
import { Counters, alarm, setText } from "/counters.js";
import { FaultButtons } from "/fault-buttons.js";
import { Faults } from "/faults.js";
import { History } from "/history.js";
import { Journal } from "/journal.js";
import { Latency, inMilliseconds } from "/latency.js";
import { byID, randomKey, toggleTheme } from "/page.js";
import { Timeline } from "/timeline.js";
import { Traffic, loadPerSecond, restingPerSecond } from "/traffic.js";

const latencyMilliseconds = 500;
const keptLatencies = 120;
const factsMilliseconds = 500;
/** A gap that is worth a line of its own. */
const longGapMilliseconds = 1000;

const visitor = randomKey();
const connection = new Connection({
    falls: true,
    namespace: "/showcase",
    // Whoever watches has less patience than somebody whose network is bad: all delays are short.
    options: {
        query: { visitor },
        rememberTransport: false,
        transportTimeout: 2000,
        climbDelay: 2000,
        climbDelayMax: 4000,
        reconnectionDelay: 200,
        reconnectionDelayMax: 1000,
    },
});
const manager = connection.socket.io;
const history = new History();
const journal = new Journal(byID("log"), byID("spoken"));
const latency = new Latency(connection, keptLatencies);
const traffic = new Traffic(connection.socket);
const faults = new Faults(visitor);

// The session: how it lives, and over what.

/** Its name, while it lives. */
let session = null;
let bornAt = 0;
let moves = 0;
let lost = 0;
/** The last transport, and when it was lost; null while there is one. */
let last = null;
let lostAt = null;
let gapTimer;

manager.on("open", () => {
    if (lost) journal.note("A new session begins", "bad");
    session = manager.engine.id;
    bornAt = performance.now();
    moves = 0;
    last = null;
    if (lost) faults.refresh();
});
manager.on("close", () => {
    lost += 1;
    session = null;
    journal.note("The session is lost", "bad");
    arrive(undefined);
});
manager.on("transport", arrive);

function arrive(transport) {
    history.travel(transport ?? "none");
    clearTimeout(gapTimer);
    if (transport) {
        const gap = lostAt === null ? "" : ` after ${inWords(performance.now() - lostAt)}`;
        const { label } = choices[transport];
        if (last === null) journal.note(`Connected over ${label}`, "move");
        else if (last === transport) journal.note(`Back on ${label}${gap}`, "move");
        else journal.note(`${choices[last].label} to ${label}${gap}`, "move");
        if (last !== null) moves += 1;
        last = transport;
        lostAt = null;
    } else {
        lostAt ??= performance.now();
        gapTimer = setTimeout(() => journal.note("No transport gets through", "bad"), longGapMilliseconds);
    }
    showTransport();
    showFacts();
}

function showTransport() {
    const { transport } = manager;
    byID("now").dataset.state = transport ? "connected" : "down";
    setText(byID("transport"), transport ? choices[transport].label : session ? "No transport" : "Connecting");
    const { choice } = connection;
    const isSecondBest = transport && transport !== (choice === "auto" ? "websocket" : choice);
    const wanted = choices[choice === "auto" ? "websocket" : choice].label;
    const waiting = session ? "The session waits, and looks for a way through" : "Looking for the server";
    const note = transport ? choices[transport].note : waiting;
    setText(byID("note"), isSecondBest ? `${note}; ${wanted} is tried again from time to time` : note);
}

function showFacts() {
    setText(byID("session"), session ?? "–");
    setText(byID("age"), session ? duration(performance.now() - bornAt) : "–");
    setText(byID("moves"), moves.toLocaleString());
    setText(byID("sessions-lost"), lost.toLocaleString());
    alarm(byID("sessions-lost"), lost);
    const { measured, median, waitingMilliseconds } = latency;
    if (!measured.length) return;
    setText(byID("latency"), inMilliseconds(Math.max(measured.at(-1).milliseconds, waitingMilliseconds)));
    setText(byID("median"), inMilliseconds(median));
}

const inWords = (milliseconds) =>
    milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;

function duration(milliseconds) {
    const seconds = Math.floor(milliseconds / 1000);
    const twoDigits = (number) => String(number).padStart(2, "0");
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    return `${hours ? `${hours}:${twoDigits(minutes)}` : minutes}:${twoDigits(seconds % 60)}`;
}

// The controls.

for (const radio of byID("choice").querySelectorAll("input")) {
    radio.checked = radio.value === connection.choice;
    radio.addEventListener("change", async () => {
        journal.note(`${choices[radio.value].label} is chosen`, "fault");
        await connection.choose(radio.value);
        showTransport();
    });
}
byID("load").addEventListener("click", () => {
    const isOn = traffic.perSecond !== loadPerSecond;
    traffic.perSecond = isOn ? loadPerSecond : restingPerSecond;
    byID("load").setAttribute("aria-pressed", String(isOn));
});
byID("theme").addEventListener("click", toggleTheme);
// The page may have been away for long, in the browser's memory.
addEventListener("pageshow", ({ persisted }) => persisted && faults.refresh());

new Counters(traffic).start();
new FaultButtons(faults, history, journal).start();
new Timeline(byID("timeline"), history, latency).start();
latency.start(latencyMilliseconds);
setInterval(showFacts, factsMilliseconds);
