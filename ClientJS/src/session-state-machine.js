// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// A session is in one of these states.

/** The handshake is under way. */
export const OPENING = 0;
/** A transport is in use. */
export const OPEN = 1;
/** The transport is lost, and another one is looked for. Only lossless sessions come here. */
export const SUSPENDED = 2;
/**
 * The page has closed the session. A transport is in use, and the CLOSE packet waits for the messages queued before it.
 */
export const CLOSING = 3;
/** The page has closed the session. No transport is in use, and one is looked for to send the CLOSE packet. */
export const STRANDED = 4;
/** The page has closed the session. The CLOSE packet is on its way; over HTTP its POST is not answered yet. */
export const PARTING = 5;
/** The session has ended, and its owner was told. */
export const OVER = 6;

// These events happen to a session.

/** A transport came into use, in place of the previous one if there was one. */
export const ATTACHED = 0;
/** The transport in use is lost, and the session is lossless. */
export const LOST = 1;
/** The page closes the session. */
export const CLOSED = 2;
/** The CLOSE packet was handed to the transport. */
export const SAID = 3;
/** The session cannot go on: it is plain and has lost its transport, the server has ended it, or it is broken. */
export const ENDED = 4;

/** The next state, by state and event. An empty place means that the event changes nothing. */
// prettier-ignore
const NEXT = [
    //               ATTACHED  LOST       CLOSED    SAID     ENDED
    /* OPENING   */ [OPEN,     ,          OVER,     ,        OVER],
    /* OPEN      */ [,         SUSPENDED, CLOSING,  ,        OVER],
    /* SUSPENDED */ [OPEN,     ,          STRANDED, ,        OVER],
    /* CLOSING   */ [,         STRANDED,  ,         PARTING, OVER],
    /* STRANDED  */ [CLOSING,  ,          ,         ,        OVER],
    /* PARTING   */ [CLOSING,  STRANDED,  ,         ,        OVER],
    /* OVER      */ [],
];

/**
 * @param {number} state
 * @param {number} event
 * @returns {number | undefined} the next state; undefined if the event changes nothing
 */
export const next = (state, event) => NEXT[state][event];
