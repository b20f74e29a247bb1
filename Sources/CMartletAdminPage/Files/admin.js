// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The whole page: the door, and what is behind it.
import { Broadcast } from "./broadcast.js";
import { Charts } from "./charts.js";
import { Connection } from "./connection.js";
import { Overview } from "./overview.js";
import { byID } from "./page.js";
import { SocketView } from "./socket-view.js";
import { Sockets } from "./sockets.js";

const listMilliseconds = 3000;
const tokenKey = "martlet.admin.token";

const { path, namespace } = document.documentElement.dataset;
const connection = new Connection({ path, namespace });
const charts = new Charts();
const overview = new Overview(connection);
const view = new SocketView(connection);
const sockets = new Sockets(connection, overview, (...socket) => view.open(...socket));
const broadcast = new Broadcast(connection, overview);
let token = sessionStorage.getItem(tokenKey) ?? "";

function enter() {
    byID("login-error").textContent = "";
    connection.open(token);
}

function showDoor(reason) {
    view.close();
    broadcast.close();
    sessionStorage.removeItem(tokenKey);
    byID("inside").hidden = true;
    byID("door").hidden = false;
    byID("login-error").textContent = reason;
    byID("token").value = "";
    byID("token").focus();
}

function showState() {
    byID("state").dataset.state = connection.isLive ? "connected" : "down";
    byID("state-name").textContent = connection.isLive ? "Live" : "Reconnecting";
}

byID("login").addEventListener("submit", (event) => {
    event.preventDefault();
    token = byID("token").value;
    enter();
});
byID("leave").addEventListener("click", () => {
    connection.close();
    showDoor("");
});

connection.addEventListener("open", () => {
    sessionStorage.setItem(tokenKey, token);
    byID("token").value = "";
    byID("door").hidden = true;
    byID("inside").hidden = false;
    showState();
    overview.refresh();
    sockets.restart();
});
connection.addEventListener("state", showState);
connection.addEventListener("unreachable", () => {
    showState();
    if (!byID("door").hidden) byID("login-error").textContent = "The server does not answer.";
});
connection.addEventListener("refused", ({ detail }) => showDoor(detail));
connection.on("server", ({ host, process, node }) => {
    byID("server").textContent = [host ?? "server", `process ${process}`, ...(node ? [`node ${node}`] : [])].join(" · ");
});
connection.on("rates", (rates) => {
    charts.show(rates);
    const others = rates.otherServers ?? 0;
    byID("cluster").hidden = rates.otherServers === undefined;
    byID("cluster").textContent = `This server is one of ${others + 1} in a cluster. Numbers and lists are of this one; a broadcast reaches the sockets of all.`;
});

/** Keeps the lists up to date; with pauses that are longer where the server takes long. */
async function refresh() {
    const begin = performance.now();
    if (connection.isOpen && !document.hidden) await Promise.all([overview.refresh(), sockets.refresh()]);
    setTimeout(refresh, Math.max(listMilliseconds, 10 * (performance.now() - begin)));
}
refresh();

if (token) enter();
else byID("token").focus();
