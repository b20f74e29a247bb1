// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Thrown by an event handler to tell the client why it failed: `{"error":{"message":…,"data":…}}` is what the
/// acknowledgement carries, when one was asked for.
///
/// Of any other error the client learns only that there was one: `{"error":{"message":"Internal error"}}`.
public struct EventError: Error {
    public let message: String
    public let data: (any Encodable & Sendable)?

    public init(message: String, data: (any Encodable & Sendable)? = nil) {
        self.message = message
        self.data = data
    }

    /// The protocol keeps the name for itself, and a client would break at it.
    static func reservedName(_ event: String) -> EventError {
        EventError(message: "\(event) is a reserved event name")
    }
}
