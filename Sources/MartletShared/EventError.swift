// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Thrown by an event handler to tell the sender why it failed. If the sender asked for an acknowledgement, the
/// acknowledgement carries `{"error":{"name":"EventError","message":…,"code":…,"data":…}}`. Martlet's clients make an error
/// of that again; for others it is a value.
///
/// For an ``InvalidArgument`` the code is `invalid_argument`. For any other error the acknowledgement carries only the code
/// `internal_error` and the message `Internal error`.
public struct EventError: Error {
    /// For people.
    public let message: String
    /// For programs, such as `not_found`.
    public let code: String?
    /// In an error that came from another side this is a ``SocketArgument``.
    public let data: (any Encodable & Sendable)?

    public init(message: String, code: String? = nil, data: (any Encodable & Sendable)? = nil) {
        self.message = message
        self.code = code
        self.data = data
    }

    /// The error for an event name that the protocol reserves. No client can handle an event with such a name.
    package static func reservedName(_ event: String) -> EventError {
        EventError(message: "\(event) is a reserved event name")
    }

    private static let start = Array(#"{"error":{"name":"#.utf8)

    package static let internalError = EventError(message: "Internal error", code: "internal_error")

    /// What the sender of an event is told of an error.
    package init(telling error: any Error) {
        switch error {
        case let error as EventError: self = error
        case let error as InvalidArgument: self.init(message: error.description, code: "invalid_argument")
        default: self = .internalError
        }
    }

    /// The error that an acknowledgement carries; `nil` if it is none.
    package init?(answer: SocketArguments) {
        // Most answers are none, which the first bytes tell: a server writes the members in this order.
        guard !answer.raw.isWritten(in: JSONFormat.self) || answer.raw.bytes.starts(with: Self.start),
            let reply = try? answer[0]?.decode(as: ErrorReply.self)
        else { return nil }
        self = reply.error
    }
}
