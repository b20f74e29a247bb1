// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/**
 * Tells a manager what happens to the page. In a worker and in Node most of it never does.
 *
 * @param {import("./manager.js").Manager} manager
 * @returns {AbortController} whoever aborts it is told nothing more
 */
export function watch(manager) {
    const aborter = new AbortController();
    // Nothing of before can be relied upon.
    const back = () => (manager.engine ? manager.engine._renew() : manager._reconnecting && manager.open());
    // What lives through a sleep is the session, not its transport.
    const sleep = () => manager.engine?._freeze();
    /** @type {Record<string, (event: PageTransitionEvent & {target: Document}) => void>} */
    const handlers = {
        online: back,
        offline: () => manager.engine?._lost(manager.engine.transport, "transport close", new Error("offline")),
        freeze: sleep,
        resume: back,
        // The browser may have closed the transport already.
        pagehide: ({ persisted }) => (persisted ? sleep() : manager.engine?._last?._leave()),
        pageshow: ({ persisted }) => persisted && back(),
        // Timers of a hidden page stand still. One that is put to sleep is hidden afterwards, and is not to wake up.
        visibilitychange: ({ target }) =>
            target.hidden || manager.transport ? manager.engine?._heartbeat._check() : back(),
    };
    for (const event of Object.keys(handlers)) {
        // Some of them happen to the document: a capturing listener hears those too.
        globalThis.addEventListener?.(event, /** @type {EventListener} */ (handlers[event]), {
            capture: true,
            signal: aborter.signal,
        });
    }
    return aborter;
}
