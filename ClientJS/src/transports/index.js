// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { EventStreamTransport } from "./sse.js";
import { WebSocketTransport } from "./websocket.js";
import { PollingTransport } from "./polling.js";

/**
 * What a transport needs from whom it serves: the search that opens it, and then the session. It hands up every frame
 * that came in, whichever it is, and decides nothing.
 *
 * The optional ones are a session's: a search sends nothing, and asks for no more than one packet.
 *
 * @typedef {object} Host
 * @property {(transport: Transport, isPost?: boolean) => string} _url the address of its next request
 * @property {number} [_maxPayload] bytes that a POST may hold
 * @property {boolean} [_closing] whether the session is being closed: nothing more is asked for
 * @property {import("../options.js").Settings} _options
 * @property {Promise<void>} [_over] waited for between two GETs
 * @property {(transport: Transport, frames: (string | ArrayBuffer)[]) => void} _received
 * @property {(transport: Transport, answer: string) => void} [_drained] it can send again: a POST was answered so
 * @property {(transport: Transport, reason: string, details?: unknown) => void} _lost it failed or was closed; once
 */

/**
 * @typedef {object} Transport
 * @property {string} name
 * @property {Host} _host
 * @property {number} _patience what it may take to open, in units of `transportTimeout`
 * @property {number} _position of the last message that came in on its stream; the session counts (PROTOCOL 4)
 * @property {boolean} _isNumbered whether what it sends goes with its number (a POST's `seq`)
 * @property {boolean} _writable whether `_send` would take anything now
 * @property {boolean} _idle whether what was sent before has left; volatile events are dropped otherwise
 * @property {() => void} _open
 * @property {(packets: import("../wire/engine-packet.js").Packet[]) => number} _send how many it took from the front
 * @property {() => void} _leave tells the server that the page goes away for good
 * @property {() => void} _close lets go of the connection; what is handed up afterwards is ignored
 */


/**
 * By name, the best first.
 *
 * @type {Record<string, new (host: Host) => Transport>}
 */
export const transports = {
    websocket: WebSocketTransport,
    sse: EventStreamTransport,
    polling: PollingTransport,
};

/**
 * What each needs of the platform.
 *
 * @type {Record<string, string>}
 */
const needs = { websocket: "WebSocket", sse: "EventSource", polling: "fetch" };

/**
 * Whether there is such a transport here.
 *
 * @param {string} name
 * @returns {boolean}
 */
export const isSupported = (name) => !!(/** @type {Record<string, unknown>} */ (globalThis)[needs[name]]);
