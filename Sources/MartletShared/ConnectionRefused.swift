// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Thrown by a middleware to refuse a connection; the client gets it as its `connect_error`.
public struct ConnectionRefused: Error {
    public let message: String
    /// Details for the client, sent as the error's `data`.
    public let data: (any Encodable & Sendable)?

    public init(message: String, data: (any Encodable & Sendable)? = nil) {
        self.message = message
        self.data = data
    }
}
