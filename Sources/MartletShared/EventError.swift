// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Thrown by an event handler to tell the sender why it failed. If the sender asked for an acknowledgement, the
/// acknowledgement carries `{"error":{"message":…,"data":…}}`.
///
/// For any other error except ``InvalidArgument``, the acknowledgement carries only `{"error":{"message":"Internal
/// error"}}`.
public struct EventError: Error {
    public let message: String
    public let data: (any Encodable & Sendable)?

    public init(message: String, data: (any Encodable & Sendable)? = nil) {
        self.message = message
        self.data = data
    }

    /// The error for an event name that the protocol reserves. No client can handle an event with such a name.
    package static func reservedName(_ event: String) -> EventError {
        EventError(message: "\(event) is a reserved event name")
    }
}
