// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEvents

/// What a handler is called with, as far as it is reported.
struct HandledEvent {
    let name: String
    let namespace: Namespace
    /// `nil` for an event from another server.
    let socketID: String?
    /// The trace on the other server; see ``EventObserver/traceContext``.
    let traceContext: [String: String]?

    init(_ name: String, of socket: Socket) {
        self.name = name
        self.namespace = socket.namespace
        self.socketID = socket.id
        self.traceContext = nil
    }

    init(_ event: ServerSideEvent, in namespace: Namespace) {
        self.name = event.name
        self.namespace = namespace
        self.socketID = nil
        self.traceContext = event.traceContext
    }
}
