// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/**
 * Where a text that was given to `io()` points.
 *
 * @param {string} [text] `http(s)://`, `ws(s)://`, `//host`, `host:port`, each with a namespace behind; or a namespace
 * @returns {{origin: string, nsp: string, query: string | undefined}}
 */
export function parseAddress(text = "") {
    const page = /** @type {Location | undefined} */ (globalThis.location);
    if (!/^\w+:\/\//.test(text)) {
        if (/^(?!\/\/)(\/|$|\?)/.test(text)) {
            text = "//" + (page?.host ?? "") + text;
        }
        text = (/^(https?:)/.exec(page?.protocol ?? "")?.[0] ?? "https:") + text.replace(/^(\/\/)?/, "//");
    }
    const parts = /^(http|ws)(s?:\/\/[^/?#]+)([^?#]*)(?:\?([^#]*))?/.exec(text);
    if (!parts) {
        throw new Error(`no server in "${text}"`);
    }
    return { origin: "http" + parts[2], nsp: parts[3] || "/", query: parts[4] };
}
