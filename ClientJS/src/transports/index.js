// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { WebSocketTransport } from "./websocket.js";
import { EventStreamTransport } from "./sse.js";
import { PollingTransport } from "./polling.js";

/**
 * What a transport needs from the session that it serves. It hands up every frame that came in, whichever it is, and
 * decides nothing: what the session does not want to hear from a transport that it left, it ignores.
 *
 * @typedef {object} Host
 * @property {(name: string) => string} _url the address of the transport's next request; each has its own `t`
 * @property {number} _maxPayload bytes that a POST may hold
 * @property {boolean} _closing whether the session is being closed: nothing more is asked for
 * @property {{extraHeaders?: Record<string, string>, withCredentials?: boolean, protocols?: string | string[]}} _options
 * @property {(transport: Transport, frames: (string | ArrayBuffer)[]) => void} _received
 * @property {(transport: Transport) => void} _drained it can send again
 * @property {(transport: Transport, reason: string, details?: unknown) => void} _lost it failed or was closed; once
 */

/**
 * @typedef {object} Transport
 * @property {string} name
 * @property {boolean} _writable whether `_send` would take anything now
 * @property {boolean} _idle whether what was sent before has left; volatile events are dropped otherwise
 * @property {() => void} _open
 * @property {(packets: import("../wire/engine-packet.js").Packet[]) => number} _send how many it took from the front
 * @property {() => void} _close lets go of the connection, silently: nothing is handed up afterwards
 */

/** @typedef {{new (host: Host): Transport, _isSupported: () => boolean}} TransportClass */

/**
 * By name, the best first.
 *
 * @type {Record<string, TransportClass>}
 */
export const transports = {
    websocket: WebSocketTransport,
    sse: EventStreamTransport,
    polling: PollingTransport,
};
