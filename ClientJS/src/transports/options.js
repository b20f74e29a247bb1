// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/**
 * The options for one transport: its own options in `transportOptions` override the general ones.
 *
 * @param {{name: string, _host: import("./index.js").Host}} transport
 * @returns {import("../../martlet.js").TransportOptions}
 */
export function optionsOf({ name, _host: { _options } }) {
    return { ..._options, .../** @type {Record<string, object> | undefined} */ (_options.transportOptions)?.[name] };
}
