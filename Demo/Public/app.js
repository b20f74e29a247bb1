// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The page: it joins a room, says things, and shows how they travel.
import { Conversation } from "/conversation.js";
import { People, Rooms } from "/people.js";
import { Connection, choices, chosenBefore } from "/connection.js";
import { Panel } from "/panel.js";
import { byID, randomKey, remembered, remember } from "/page.js";

const connection = new Connection({ choice: chosenBefore() });
const { socket } = connection;
const panel = new Panel(connection);
const people = new People(byID("people"), byID("people-count"), byID("typing"));
const rooms = new Rooms(byID("rooms"));
const conversation = new Conversation(byID("messages"), byID("scroll"), byID("to-end"), send);

/** Who this browser is to the server, in all of its tabs. */
const user = remembered("user") ?? randomKey();
remember("user", user);
let name = remembered("name") ?? "";
let room = null;
/** The last message of the room that came. */
let offset;

// Joining. The server answers with the people, and sends the messages that the page has not, so a reconnect is just
// another join.

const wantedRoom = () => decodeURIComponent(location.hash.slice(1)) || "lobby";
/** The messages that came while the page waited for the answer to a join; null when it does not wait. */
let held = null;

function join() {
    if (!name || !socket.connected) return;
    const wanted = wantedRoom();
    const waiting = (held = []);
    const after = room === wanted ? offset : undefined;
    connection.ask("join", { room: wanted, name, user, after }, (error, reply) => {
        if (held !== waiting) return;
        held = null;
        if (error) return;
        if (reply.refused) return showBanner(reply.refused);
        if (room !== reply.room) {
            conversation.clear();
            offset = undefined;
        }
        room = reply.room;
        showBanner(null);
        byID("room-title").textContent = `#${room}`;
        rooms.replace(reply.rooms);
        rooms.select(room);
        people.replace(reply.members, reply.user);
        showPeopleCount();
        for (const [message, itsOffset] of waiting) receive(message, itsOffset, false);
        conversation.ready(room);
        conversation.sendWaiting();
    });
}

function receive(message, itsOffset, announce) {
    // One that belongs to another room comes too late.
    if (message.room !== room) return;
    offset = itsOffset;
    people.stopTyping(message.from);
    conversation.receive(message, { announce });
}

function send(message) {
    // Without a transport it waits here: should the session end, it must not reach the next one before the join does.
    if (!connection.transport || room === null || held) return;
    conversation.mark(message.key, "sent");
    connection.ask("say", message, (error, reply) => {
        if (error) {
            // A reply lost with the connection: the message goes out again after the next join, under the same key.
            if (socket.connected) conversation.fail(message.key, "No answer");
        } else if (reply.refused) {
            conversation.fail(message.key, reply.refused);
        } else {
            conversation.delivered(message.key, reply.time);
        }
    });
}

function showPeopleCount() {
    byID("room-note").textContent = people.size === 1 ? "Only you so far" : `${people.size} people here`;
}

socket.on("connect", join);
socket.on("rooms", (list) => rooms.replace(list));
socket.on("said", (message, itsOffset) => {
    if (held) held.push([message, itsOffset]);
    else receive(message, itsOffset, true);
});
// What the answer to a join has told already comes again now and then.
socket.on("presence", ({ kind, room: itsRoom, member }) => {
    if (itsRoom !== room) return;
    const before = people.nameOf(member.user);
    if (kind === "left") people.remove(member.user);
    else people.add(member);
    showPeopleCount();
    const { name: now } = member.info;
    if (kind === "left" && before) conversation.note(`${now} left`);
    if (kind === "entered" && !before) conversation.note(`${now} came in`);
    if (kind === "updated" && before && before !== now) conversation.note(`${before} is now ${now}`);
});
socket.on("typing", ({ room: itsRoom, user: writer, typing }) => {
    if (itsRoom !== room) return;
    if (typing) people.startTyping(writer);
    else people.stopTyping(writer);
});

// The banner. A connection that is back within a second is not worth a word.

let bannerTimer;
function showBanner(text, afterMilliseconds = 0) {
    clearTimeout(bannerTimer);
    const show = () => {
        byID("banner").hidden = text === null;
        byID("banner").textContent = text ?? "";
    };
    if (text !== null && afterMilliseconds) bannerTimer = setTimeout(show, afterMilliseconds);
    else show();
}
const sayDropped = () =>
    showBanner("The connection dropped. Reconnecting; what you write now is sent as soon as it is back.", 700);
socket.on("disconnect", sayDropped);
// A lossless session outlives its transport: there is no disconnect, and all that was written is kept.
socket.io.on("transport", (transport) => {
    if (!socket.connected) return;
    if (!transport) return sayDropped();
    showBanner(null);
    conversation.sendWaiting();
});
connection.onFailure(() => {
    const over = connection.choice === "auto" ? "" : ` over ${choices[connection.choice].label}`;
    showBanner(`No way to the server${over} yet. Still trying; what you write waits.`);
});

// Writing.

const text = byID("text");
let toldTypingAt = 0;
let typingTimer;

function tellTyping(typing) {
    clearTimeout(typingTimer);
    if (typing) typingTimer = setTimeout(tellTyping, 3000, false);
    if (typing ? Date.now() - toldTypingAt < 2000 : toldTypingAt === 0) return;
    toldTypingAt = typing ? Date.now() : 0;
    if (socket.connected) connection.tell("typing", typing);
}
text.addEventListener("input", () => tellTyping(text.value.trim() !== ""));
text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        byID("composer").requestSubmit();
    }
});
byID("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    const written = text.value.trim();
    if (!written || !name) return;
    text.value = "";
    tellTyping(false);
    conversation.write(written, name);
    text.focus();
});

// Rooms by the address's fragment, so that a room can be linked to.

addEventListener("hashchange", join);
byID("room-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const words = byID("room-name").value.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
    byID("room-name").value = "";
    if (words.length) location.hash = encodeURIComponent(words.join("-"));
});

// The name.

const welcome = byID("welcome");
function askName() {
    byID("name").value = name;
    welcome.showModal();
    byID("name").select();
}
byID("name-form").addEventListener("submit", () => {
    name = byID("name").value.trim() || name;
    remember("name", name);
    join();
    text.focus();
});
welcome.addEventListener("cancel", (event) => {
    if (!name) event.preventDefault();
});
byID("rename").addEventListener("click", askName);

panel.start();
if (!name) askName();
