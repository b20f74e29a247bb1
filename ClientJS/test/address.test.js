// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { parseAddress, parseArguments } from "../src/address.js";

afterEach(() => {
    delete globalThis.location;
});

const onPage = { protocol: "http:", host: "page.example:8080" };

for (const [text, location, origin, nsp, query] of [
    [undefined, onPage, "http://page.example:8080", "/", undefined],
    ["", onPage, "http://page.example:8080", "/", undefined],
    ["/", onPage, "http://page.example:8080", "/", undefined],
    ["/chat", onPage, "http://page.example:8080", "/chat", undefined],
    ["/chat?x=1", onPage, "http://page.example:8080", "/chat", "x=1"],
    ["?x=1", onPage, "http://page.example:8080", "/", "x=1"],
    ["//other.example/chat", onPage, "http://other.example", "/chat", undefined],
    ["other.example:3000", onPage, "http://other.example:3000", "/", undefined],
    ["localhost:3000/a", undefined, "https://localhost:3000", "/a", undefined],
    ["https://a.example", onPage, "https://a.example", "/", undefined],
    ["ws://a.example:1/b/c", onPage, "http://a.example:1", "/b/c", undefined],
    ["wss://a.example", undefined, "https://a.example", "/", undefined],
    ["http://[::1]:3000/café?a=b&c=d#e", undefined, "http://[::1]:3000", "/café", "a=b&c=d"],
    ["http://a.example?x=1", undefined, "http://a.example", "/", "x=1"],
    ["http://user:p%40ss@a.example:1/chat?x=1", undefined, "http://a.example:1", "/chat", "x=1"],
    ["wss://user@a.example", undefined, "https://a.example", "/", undefined],
    ["//user:@other.example/chat", onPage, "http://other.example", "/chat", undefined],
    ["user:secret@other.example:3000", onPage, "http://other.example:3000", "/", undefined],
    ["http://a.example/@b?c=d@e", undefined, "http://a.example", "/@b", "c=d@e"],
    ["http://a.example?c=d@e", undefined, "http://a.example", "/", "c=d@e"],
    ["/chat", { protocol: "https:", host: "page.example" }, "https://page.example", "/chat", undefined],
]) {
    test(`${text} ${location ? "on a page" : "without a page"} is ${nsp} of ${origin}`, () => {
        globalThis.location = location;
        const { uri, ...parts } = parseAddress(text, {});
        assert.deepEqual(parts, { base: origin + "/socket.io/", nsp, query });
        // In full: off the page it means the same.
        globalThis.location = undefined;
        assert.deepEqual(parseAddress(uri, {}), { uri, ...parts });
    });
}

for (const text of ["", "/chat", "ftp://a.example", "http://"]) {
    test(`"${text}" without a page names no server`, () => {
        assert.throws(() => parseAddress(text, {}), /no server in/);
    });
}

for (const [path, base, addTrailingSlash] of [
    [undefined, "/socket.io/"],
    ["", "/socket.io/"],
    ["/socket.io", "/socket.io/"],
    ["socket.io/", "/socket.io/"],
    ["/deep/er", "/deep/er/"],
    ["/", "/"],
    [undefined, "/socket.io", false],
    ["deep//er/", "/deep/er", false],
    ["/a", "/a/", true],
]) {
    test(`the path ${path} is ${base}`, () => {
        assert.equal(parseAddress("http://a.example/chat", { path, addTrailingSlash }).base, "http://a.example" + base);
    });
}

const options = { path: "/a" };
const url = new URL("https://a.example/chat");
for (const [what, given, expected] of [
    ["nothing", [], [undefined, {}]],
    ["an address", ["/chat"], ["/chat", {}]],
    ["both", ["/chat", options], ["/chat", options]],
    ["options alone", [options], [undefined, options]],
    ["options behind no address", [undefined, options], [undefined, options]],
    ["null for either", [null, null], [undefined, {}]],
    ["null for an address", [null, options], [undefined, options]],
    ["a URL", [url, options], ["https://a.example/chat", options]],
]) {
    test(`a call may have ${what}`, () => assert.deepEqual(parseArguments(...given), expected));
}
