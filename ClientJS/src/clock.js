// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/** How long a connection or a transport must have lasted to count as a good one, in ms. */
export const STEADY = 10000;

/**
 * By how many ms the wall clock must jump ahead to mean that the machine has slept; a smaller jump is rounding or a
 * correction.
 */
const NOTABLE = 1000;

/** How far the wall clock was ahead of the page's clock at the last call of `now`, in ms. */
let ahead = Infinity;
let slept = 0;

/**
 * The time since some fixed moment, in ms, for deadlines. It never runs backwards, whatever is done to the wall clock.
 * It includes the time that the machine has slept: the page's own clock may stand still then, and only the wall clock
 * goes on. A wall clock that is put forward by hand looks the same, and counts as sleep: then a lossless session
 * attaches anew for nothing, and a plain one reconnects for nothing.
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
