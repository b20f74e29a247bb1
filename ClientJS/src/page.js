// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/**
 * Tells a manager about the page's network and life cycle. In a worker and in Node most of these events never occur.
 *
 * @param {import("./manager.js").Manager} manager
 * @returns {AbortController} aborting it removes the listeners
 */
export function watch(manager) {
    const aborter = new AbortController();
    // The old transport cannot be relied upon.
    const back = () => (manager.engine ? manager.engine._renew() : manager._reconnecting && manager.open());
    // The session survives a sleep, its transport does not.
    const sleep = () => manager.engine?._freeze();
    /** @type {Record<string, (event: PageTransitionEvent & {target: Document}) => void>} */
    const handlers = {
        online: back,
        offline: () => manager.engine?._lost(manager.engine.transport, "transport close", Error("offline")),
        freeze: sleep,
        resume: back,
        // The browser may have closed the transport already.
        pagehide: ({ persisted }) => (persisted ? sleep() : manager.engine?._last?._leave()),
        pageshow: ({ persisted }) => persisted && back(),
        // Timers of a hidden page stand still. A page becomes hidden also when it is put to sleep, and must not
        // reconnect then.
        visibilitychange: ({ target }) =>
            target.hidden || manager.transport ? manager.engine?._heartbeat._check() : back(),
    };
    for (const event of Object.keys(handlers)) {
        // Some events have the document as their target: a capturing listener gets those too.
        globalThis.addEventListener?.(event, /** @type {EventListener} */ (handlers[event]), {
            capture: true,
            signal: aborter.signal,
        });
    }
    return aborter;
}
