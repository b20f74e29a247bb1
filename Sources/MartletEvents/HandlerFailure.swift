// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Something that went wrong while an event or a connection was handled, as ``SocketIOServer/onError(_:)`` reports it.
public struct HandlerFailure: Sendable {
    public let error: any Error
    /// The socket that was concerned; `nil` for a broadcast.
    public let socket: Socket?
    /// The event, incoming or outgoing; `nil` for a failure of a middleware or a connection handler.
    public let event: String?
}
