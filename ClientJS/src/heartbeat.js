// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { now } from "./clock.js";

/** How often the clock is checked, in ms: timers stand still while a computer sleeps. */
const TICK = 5000;

/**
 * The client's half of Engine.IO's heartbeat: the server pings, and a server that is silent for too long counts as
 * gone.
 */
export class Heartbeat {
    /** How long the server may be silent, in ms. */
    _patience = 0;
    /**
     * The time until which the server may be silent; without a transport, the latest time until which it keeps the
     * session.
     */
    _deadline = Infinity;
    /** Whether a ping waits for its answer. */
    _isPinged = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    _timer;

    /** @param {() => void} onSilence called when the deadline has passed */
    constructor(onSilence) {
        this._onSilence = onSilence;
    }

    /**
     * The server was heard: the deadline starts anew.
     *
     * @param {boolean} isPinged whether a ping came, which needs an answer; otherwise another transport came into use
     */
    _start(isPinged) {
        this._isPinged = isPinged;
        this._stop(0);
        this._tick();
    }

    /**
     * No transport is in use, and no ping can come.
     *
     * @param {number} keep how long the server keeps a session without a transport, in ms. The server may notice the
     *     loss of the transport as late as the client would.
     */
    _stop(keep) {
        clearTimeout(this._timer);
        this._deadline = now() + this._patience + keep;
    }

    /** Checks the clock, since timers may have stood still. Returns whether the deadline has passed. */
    _check() {
        const isLate = now() > this._deadline;
        if (isLate) {
            this._onSilence();
        }
        return isLate;
    }

    _tick() {
        if (!this._check()) {
            this._timer = setTimeout(() => this._tick(), Math.min(TICK, this._deadline - now() + 1));
        }
    }
}
