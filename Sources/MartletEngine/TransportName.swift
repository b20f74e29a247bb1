// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The name by which a client asks for a transport, in the `transport` parameter of its requests.
public struct TransportName: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public var description: String { self.rawValue }

    /// RFC 6455.
    public static let websocket = TransportName(rawValue: "websocket")
    /// A stream of Server-Sent Events down, POST requests up.
    public static let sse = TransportName(rawValue: "sse")
    /// AJAX long polling: a GET request that waits for messages down, POST requests up.
    public static let polling = TransportName(rawValue: "polling")
}
