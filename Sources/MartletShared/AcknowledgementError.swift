// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Why an acknowledgement did not come.
public struct AcknowledgementError: Error, Hashable, CustomStringConvertible {
    /// Travels between the servers of a cluster.
    package enum Code: String, Codable, Hashable, Sendable {
        case timedOut, disconnected, tooManyPending, undecodable, cancelled, notEncodable, unhandled, failed
    }

    package let code: Code
    public let description: String

    package init(code: Code, description: String) {
        self.code = code
        self.description = description
    }

    /// The other side did not answer in time.
    public static let timedOut = Self(code: .timedOut, description: "the acknowledgement did not come in time")
    /// The socket was disconnected before the answer came, or before the event was sent.
    public static let disconnected = Self(code: .disconnected, description: "the socket is disconnected")
    /// More acknowledgements of one socket were outstanding than the configuration allows, and this one was the oldest.
    public static let tooManyPending = Self(code: .tooManyPending, description: "too many acknowledgements pending")
    /// The task that waited for the acknowledgement was cancelled.
    public static let cancelled = Self(code: .cancelled, description: "the waiting task was cancelled")

    /// The other server of the cluster has no handler for the event.
    public static let unhandled = Self(code: .unhandled, description: "the server has no handler for the event")

    /// The handler on another server threw an error.
    package static func failed(_ message: String) -> Self {
        Self(code: .failed, description: message)
    }

    /// The answer cannot be decoded as the type that was asked for.
    package static func undecodable(_ error: any Error) -> Self {
        Self(code: .undecodable, description: "the acknowledgement could not be decoded: \(error)")
    }

    /// The event's arguments could not be encoded, so the event was not sent.
    package static func notEncodable(_ error: any Error) -> Self {
        Self(code: .notEncodable, description: "the arguments could not be encoded: \(error)")
    }

    /// Whether the answer could not be decoded as the type that was asked for; ``description`` says why.
    public var isUndecodable: Bool { self.code == .undecodable }

    /// Lets `catch AcknowledgementError.timedOut` work.
    public static func ~= (pattern: Self, error: any Error) -> Bool {
        (error as? Self)?.code == pattern.code
    }
}
