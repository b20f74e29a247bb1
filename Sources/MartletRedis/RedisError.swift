// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// What went wrong with Redis.
public struct RedisError: Error, CustomStringConvertible {
    /// The kind of an error.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let description: String

        /// The URL, or a setting, cannot be used.
        public static let invalidConfiguration = Code(description: "invalid configuration")
        /// No connection could be made.
        public static let notConnected = Code(description: "not connected")
        /// The connection ended before Redis had answered.
        public static let connectionLost = Code(description: "connection lost")
        /// Redis has not answered in time.
        public static let timedOut = Code(description: "timed out")
        /// Redis has answered with an error.
        public static let refused = Code(description: "refused by Redis")
        /// The server does not know the protocol RESP3, which Redis has since version 6.
        public static let unsupportedServer = Code(description: "unsupported server")
        /// What came is not Redis's protocol, or is longer than
        /// ``RedisConfiguration/maxMessageSize``.
        public static let protocolViolation = Code(description: "protocol violation")
        /// Messages were lost, or Redis did not say that it took them.
        public static let messagesLost = Code(description: "messages lost")
        /// It was closed.
        public static let closed = Code(description: "closed")
    }

    public let code: Code
    /// More for a person to read; of ``Code/refused`` it is what Redis has answered.
    public let message: String
    /// The error behind it.
    public let underlyingError: (any Error)?

    init(_ code: Code, _ message: String = "", underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlyingError = underlying
    }

    public var description: String {
        var description = self.code.description
        if !self.message.isEmpty { description += ": \(self.message)" }
        if let underlyingError { description += ": \(underlyingError)" }
        return description
    }
}
