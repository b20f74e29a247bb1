// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The guide's comparison with socket.io-client, held against the client and its declaration.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, describe, mock, test } from "node:test";
import * as module from "../src/index.js";
import { defaults } from "../src/options.js";
import { Session } from "../src/session.js";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const guide = read("../../Sources/Martlet/Martlet.docc/ClientReference.md");
const declaration = read("../martlet.d.ts");

/** The rows of the tables under a heading: those of its members or options, or those of its events. */
function rows(heading, kind) {
    const [, section] = guide.split(`### ${heading}\n`);
    const tables = section.split("\n### ")[0].split(/^\| (?=\w+ \| here \|)/m).filter((table) => table.startsWith(kind));
    const found = tables.flatMap((table) => [...table.matchAll(/^\| `(\w+)` \| (same|differs|left out) \| (.*)\|$/gm)]);
    // No row is written in a way that is not seen here.
    assert.equal(found.length, tables.join("").match(/^\|/gm).length - tables.length);
    return found.map(([, name, here, remark]) => ({ name, here, remark: remark.trim() }));
}

/** The names in an interface or a class of the declaration. */
function declared(name) {
    const [, body] = new RegExp(`^(?:export )?(?:declare )?(?:interface|class|const) ${name}\\b[^]*?\\{\\n([^]*?)\\n\\}`, "m").exec(declaration);
    return [...body.matchAll(/^    (?:readonly )?(\w+)\b\??[(:<]/gm)].map(([, name]) => name);
}

/** Names behind "Only here" in a section. */
function onlyHere(heading) {
    const [, section] = guide.split(`### ${heading}\n`);
    const [, sentence] = /^Only here: ([^]*?)\.\n/m.exec(section.split("\n### ")[0]);
    return [...sentence.matchAll(/`(\w+)(?:\(\))?`/g)].map(([, name]) => name);
}

function check(name, list, isThere, isDeclared) {
    describe(name, () => {
        for (const { name, here, remark } of list) {
            test(`${name}: ${here}`, () => {
                assert.equal(isThere(name), here !== "left out");
                assert.equal(isDeclared.includes(name), here !== "left out");
                assert.ok(here !== "differs" || remark, "it differs, and how?");
            });
        }
        test("each once", () => assert.equal(new Set(list.map(({ name }) => name)).size, list.length));
    });
}

let warnings;

before(() => {
    warnings = [];
    mock.method(console, "warn", (text) => warnings.push(text));
});
afterEach(() => (warnings.length = 0));
after(() => mock.restoreAll());

const uri = "http://127.0.0.1:9";
const options = rows("Options of io()", "option");
const optionNames = ["Options", "ManagerOptions", "SocketOptions", "TransportOptions"].flatMap(declared);

check("an option that is", options, (name) => {
    module.io(uri, { [name]: undefined, autoConnect: false, forceNew: true });
    return !warnings.length;
}, optionNames);

test("all options are in the guide, and those with a default exist", () => {
    const named = [...options.filter(({ here }) => here !== "left out").map(({ name }) => name), ...onlyHere("Options of io()")];
    assert.deepEqual(named.sort(), optionNames.sort());
    assert.deepEqual(Object.keys(defaults).filter((name) => !named.includes(name)), []);
});

const manager = new module.Manager(uri, { autoConnect: false });
const emitter = declared("Emitter");
for (const [heading, it, type, events] of [
    ["Sockets", manager.socket("/"), "Socket", "SocketReserved"],
    ["Managers", manager, "Manager", "ManagerEvents"],
    ["The engine", new Session(uri, defaults), "Engine", "EngineEvents"],
]) {
    check(`${heading}: a member that is`, rows(heading, "member"), (name) => name in it, [...declared(type), ...emitter]);
    const list = rows(heading, "event");
    const known = declared(events);
    check(`${heading}: an event that is`, list, (name) => known.includes(name), known);
}

test("all events are in the guide", () => {
    for (const [heading, events] of [["Sockets", "SocketReserved"], ["Managers", "ManagerEvents"], ["The engine", "EngineEvents"]]) {
        const named = rows(heading, "event").map(({ name }) => name);
        assert.deepEqual(declared(events).filter((name) => !named.includes(name) && name !== "transport"), []);
    }
});

check("an export that is", rows("The module", "member"), (name) => name in module || name in module.io, [
    ...declared("io"),
    ...["io", "connect", "Manager", "Socket", "protocol"],
]);
