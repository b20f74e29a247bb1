// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging

/// Something that went wrong while an event or a connection was handled, as ``SocketIOServer/onError(_:)`` reports it.
public struct HandlerFailure: Sendable {
    public let error: any Error
    /// The socket that was concerned; `nil` for a broadcast, and for a refusal whose data could not be encoded.
    public let socket: Socket?
    /// The event, incoming or outgoing; `nil` for a failure of middleware or of joining a namespace.
    public let event: String?
}

extension HandlerFailure: CustomStringConvertible {
    /// In one line: the error, the event and the socket. Of an error of encoding or decoding, and of an `EventError`, not
    /// the value that it concerns, which is in ``error``: it may be a secret.
    public var description: String {
        let event = self.event.map { " in '\($0.prefix(Self.maxNameLength))'" } ?? ""
        let socket = self.socket.map { " of \($0)" } ?? ""
        return "\(LoggedError(self.error))\(event)\(socket)"
    }

    private static let maxNameLength = 100
}

extension HandlerFailure {
    /// The log level: `notice` for invalid arguments from a client, `debug` for errors that a handler throws for its
    /// client, `error` for all others, which the application has to fix.
    var level: Logger.Level {
        switch self.error {
        case is InvalidArgument: .notice
        case is EventError: .debug
        default: .error
        }
    }

    var logMetadata: Logger.Metadata {
        var metadata: Logger.Metadata = [:]
        if let event = self.event { metadata["event"] = "\(event.prefix(Self.maxNameLength))" }
        if let socket = self.socket {
            metadata["socket"] = "\(socket.id)"
            metadata["namespace"] = "\(socket.namespace.name.prefix(Self.maxNameLength))"
        }
        return metadata
    }
}
