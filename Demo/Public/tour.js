// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The tour: each form and each button sends the event that it names, and the list shows what comes back.
import { Connection, choices } from "/connection.js";
import { Journal } from "/journal.js";
import { inMilliseconds } from "/latency.js";
import { byID, toggleTheme } from "/page.js";

const connection = new Connection({ namespace: "/tour" });
const { socket } = connection;
const journal = new Journal(byID("log"), byID("spoken"));

function showState() {
    byID("now").dataset.state = socket.connected ? "connected" : "down";
    // A session that has lost its transport is connected still.
    const { transport } = connection;
    byID("state").textContent = transport ? `Connected over ${choices[transport].label}` : "Not connected";
    byID("events").disabled = !socket.connected;
    // Whom the server has disconnected comes back only when asked to.
    byID("connect").hidden = socket.active;
}

socket.on("my_response", ({ data, count }, acknowledge) => {
    journal.note(`${count}: ${data}`, "move");
    acknowledge?.();
});
socket.on("connect", showState);
socket.on("disconnect", (reason) => {
    journal.note(`Disconnected: ${reason}`, "bad");
    showState();
});
socket.io.on("transport", showState);

for (const form of document.querySelectorAll("form[data-event]")) {
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        socket.emit(form.dataset.event, Object.fromEntries(new FormData(form)));
    });
}

for (const button of document.querySelectorAll("button[data-event]")) {
    button.addEventListener("click", () => socket.emit(button.dataset.event));
}

let pingedAt = 0;
socket.onAnyOutgoing((event) => {
    if (event === "my_ping") pingedAt = performance.now();
});
socket.on("my_pong", () => {
    byID("pong").textContent = inMilliseconds(performance.now() - pingedAt);
});

byID("connect").addEventListener("click", () => {
    socket.connect();
    showState();
});
byID("theme").addEventListener("click", toggleTheme);
