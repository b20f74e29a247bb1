// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/**
 * Reports an error that the application threw as uncaught, like an error from an event listener of the page.
 *
 * @param {unknown} error
 */
export function report(error) {
    queueMicrotask(() => {
        throw error;
    });
}

/**
 * Runs a callback of the application. An error that it throws stops neither the next listener nor the transport.
 *
 * @param {Function} callback
 * @param {unknown} self what `this` is inside the callback
 * @param {unknown[]} args
 */
export function run(callback, self, args) {
    try {
        callback.apply(self, args);
    } catch (error) {
        report(error);
    }
}

/** @typedef {Function & {_original?: Function}} Listener */

/** Named events and their listeners. A list is never changed in place, so a listener may add or remove others. */
export class Emitter {
    /** @type {Map<string, Listener[]>} */
    _listeners = new Map();

    /**
     * @param {string} event
     * @param {Listener} listener
     */
    on(event, listener) {
        this._listeners.set(event, [...this.listeners(event), listener]);
        return this;
    }

    /**
     * @param {string} event
     * @param {Listener} listener
     */
    once(event, listener) {
        /** @type {Listener} */
        const wrapper = (/** @type {unknown[]} */ ...args) => {
            this.off(event, wrapper);
            listener.apply(this, args);
        };
        wrapper._original = listener;
        return this.on(event, wrapper);
    }

    /**
     * Removes one listener, all listeners of an event, or all listeners.
     *
     * @param {string} [event]
     * @param {Listener} [listener]
     */
    off(event, listener) {
        if (event === undefined) {
            this._listeners.clear();
        } else if (!listener) {
            this._listeners.delete(event);
        } else {
            const listeners = this.listeners(event);
            const index = listeners.findIndex((each) => each === listener || each._original === listener);
            this._listeners.set(event, listeners.filter((_, place) => place !== index));
        }
        return this;
    }

    /**
     * @param {string} event
     * @returns {Listener[]}
     */
    listeners(event) {
        return this._listeners.get(event) || [];
    }

    /** @param {string} event */
    hasListeners(event) {
        return this.listeners(event).length > 0;
    }

    /**
     * Calls the listeners of an event; nothing goes to the server.
     *
     * @param {string} event
     * @param {...unknown} args
     */
    _dispatch(event, ...args) {
        this._tell(this.listeners(event), args);
    }

    /**
     * @param {Listener[]} listeners
     * @param {unknown[]} args
     */
    _tell(listeners, args) {
        for (const listener of listeners) {
            run(listener, this, args);
        }
    }
}

// The same methods under Node's and the DOM's names, which pages written for socket.io-client use.
const { on, off } = Emitter.prototype;
Object.assign(Emitter.prototype, {
    addEventListener: on,
    removeListener: off,
    removeEventListener: off,
    removeAllListeners: off,
});
