// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import MartletShared

/// Sends events that may be lost; see ``ClientSocket/volatile``.
public struct VolatileEmitter: Sendable {
    let socket: ClientSocket

    /// Sends an event to the server, or drops it.
    public func emit<each Argument: Encodable & Sendable>(
        _ event: Event<repeat each Argument>, _ arguments: repeat each Argument
    ) {
        self.socket.emit(event, repeat each arguments, isVolatile: true)
    }
}
