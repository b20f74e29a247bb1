// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { defaults } from "./options.js";

/** @typedef {import("../martlet.js").Options} Options */

/**
 * Sorts the arguments of `io` and `Manager`: an address, options, both or neither.
 *
 * @param {string | URL | Options | null} [address]
 * @param {Options | null} [options]
 * @returns {[string | undefined, Options]}
 */
export function parseArguments(address, options) {
    if (address && typeof address === "object" && !(address instanceof URL)) {
        return [undefined, address];
    }
    return [address ? String(address) : undefined, options ?? {}];
}

/**
 * Splits the address that a page gave to `io()`.
 *
 * @param {string | undefined} text `http(s)://…`, `ws(s)://…`, `//host` or `host:port`, each with a namespace after it;
 *     or only a namespace
 * @param {Options} options with the path under which the server listens
 * @returns {{uri: string, base: string, nsp: string, query: string | undefined}} `base` begins the address of every
 *     request
 */
export function parseAddress(text = "", { path, addTrailingSlash }) {
    const page = /** @type {Location | undefined} */ (globalThis.location);
    if (!/^\w+:\/\//.test(text)) {
        if (/^(\/(?!\/)|\?|$)/.test(text)) {
            text = "//" + (page?.host ?? "") + text;
        }
        text = (/^https?:/.exec(/** @type {string} */ (page?.protocol))?.[0] ?? "https:") + text.replace(/^(\/\/)?/, "//");
    }
    // A user and a password are left out: `fetch` refuses addresses that contain them.
    const parts = /^(http|ws)(s?:\/\/)(?:[^/?#]*@)?([^/?#]+)([^?#]*)(?:\?([^#]*))?/.exec(text);
    if (!parts) {
        throw Error(`no server in "${text}"`);
    }
    const [, , tail, host, nsp, query] = parts;
    return {
        uri: text,
        base:
            "http" + tail + host +
            `/${path || defaults.path}`.replace(/\/*$/, addTrailingSlash === false ? "" : "/").replace(/\/+/g, "/"),
        nsp: nsp || "/",
        query,
    };
}
