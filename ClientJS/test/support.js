// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/** Scales every wait of the tests, for slow machines. */
export const FACTOR = Number(process.env.MARTLET_TIME_FACTOR ?? 1);

/** The arguments of an emitter's next event; fails if it does not come in time. */
export function next(emitter, event, ms = 5000) {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no "${event}" in time`)), ms * FACTOR);
        emitter.once(event, (...args) => {
            clearTimeout(timer);
            resolve(args);
        });
    });
}

/** Resolves when the condition holds; fails if it does not in time. */
export async function until(condition, ms = 5000) {
    const end = Date.now() + ms * FACTOR;
    while (!condition()) {
        if (Date.now() > end) {
            throw new Error(`never: ${condition}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
}
