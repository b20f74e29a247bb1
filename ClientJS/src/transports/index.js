// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { EventStreamTransport } from "./sse.js";
import { WebSocketTransport } from "./websocket.js";
import { PollingTransport } from "./polling.js";

/**
 * The interface that a transport uses: first a search, which opens the transport, is its host, and then the session. A
 * transport hands every incoming frame to its host, and decides nothing.
 *
 * The optional members are a session's: a search sends nothing, and needs only one packet.
 *
 * @typedef {object} Host
 * @property {(transport: Transport, isPost?: boolean) => string} _url the address of its next request
 * @property {number} [_maxPayload] bytes that a POST may hold
 * @property {boolean} [_closing] whether the session is being closed: no more packets are requested
 * @property {import("../options.js").Settings} _options
 * @property {Promise<void>} [_over] while an attach is under way: polling waits for it between two GETs
 * @property {(transport: Transport, frames: (string | ArrayBuffer)[]) => void} _received
 * @property {(transport: Transport, answer: string) => void} [_drained] a POST got this answer, and the transport can
 *     send again
 * @property {(transport: Transport, reason: string, details?: unknown) => void} _lost the transport failed or was
 *     closed
 */

/**
 * @typedef {object} Transport
 * @property {string} name
 * @property {Host} _host
 * @property {number} _patience how long it may take to open, in units of `transportTimeout`
 * @property {number} _position the number of the last message that came in on its stream; the session counts (PROTOCOL
 *     4)
 * @property {boolean} _isNumbered whether outgoing messages carry their number (a POST's `seq`)
 * @property {boolean} _writable whether `_send` would take anything now
 * @property {boolean} _idle whether all data sent before has left; if not, volatile events are dropped
 * @property {() => void} _open
 * @property {(packets: import("../wire/engine-packet.js").Packet[]) => number} _send how many it took from the front
 * @property {() => void} _leave tells the server that the page goes away for good
 * @property {() => void} _close closes the connection; frames handed up afterwards are ignored
 */


/**
 * The transports by name, the best first.
 *
 * @type {Record<string, new (host: Host) => Transport>}
 */
export const transports = {
    websocket: WebSocketTransport,
    sse: EventStreamTransport,
    polling: PollingTransport,
};

/**
 * The global that each transport needs from the platform.
 *
 * @type {Record<string, string>}
 */
const needs = { websocket: "WebSocket", sse: "EventSource", polling: "fetch" };

/**
 * Whether the platform supports a transport.
 *
 * @param {string} name
 * @returns {boolean}
 */
export const isSupported = (name) => !!(/** @type {Record<string, unknown>} */ (globalThis)[needs[name]]);
