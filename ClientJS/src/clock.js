// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/** How long a connection or a transport must have lived to count as a good one, in ms. */
export const STEADY = 10000;

/** How far the wall clock must have run ahead at once to have been asleep, in ms; less is rounding and correction. */
const NOTABLE = 1000;

/** How far the wall clock was ahead when it was last looked at. */
let ahead = Infinity;
let slept = 0;

/**
 * The time that has passed since some moment, in ms, for deadlines. It never runs backwards, whatever is done to the
 * wall clock, and counts what the machine has slept: there the page's own clock may have stood still, and the wall
 * clock alone has gone on. A wall clock that is put forward by hand cannot be told from that, and is taken for it, since
 * machines sleep every day: a lossless session then attaches anew for nothing, a plain one reconnects for nothing.
 */
export function now() {
    const time = performance.now();
    const before = ahead;
    ahead = Date.now() - time;
    if (ahead - before > NOTABLE) {
        slept += ahead - before;
    }
    return time + slept;
}
