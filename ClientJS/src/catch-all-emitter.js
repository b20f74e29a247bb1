// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import { Emitter } from "./emitter.js";

/** An emitter that also has listeners for all events. */
export class CatchAllEmitter extends Emitter {
    _catchAll = new Emitter();
}

// Listeners for all incoming events, `onAny` and so on, and for all outgoing events, `onAnyOutgoing`.
for (const kind of ["Any", "AnyOutgoing"]) {
    Object.assign(CatchAllEmitter.prototype, {
        /** @this {CatchAllEmitter} @param {Function} listener */
        ["on" + kind](listener) {
            this._catchAll.on(kind, listener);
            return this;
        },
        /** @this {CatchAllEmitter} @param {Function} listener */
        ["prepend" + kind](listener) {
            this._catchAll._listeners.set(kind, [listener, ...this._catchAll.listeners(kind)]);
            return this;
        },
        /** @this {CatchAllEmitter} @param {Function} [listener] */
        ["off" + kind](listener) {
            this._catchAll.off(kind, listener);
            return this;
        },
        /** @this {CatchAllEmitter} */
        ["listeners" + kind]() {
            return this._catchAll.listeners(kind);
        },
    });
}
