// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// `{"error":{"message":…,"data":…}}`
package struct ErrorReply: Encodable, Sendable {
    package static let internalError = "Internal error"

    package let message: String
    package let data: (any Encodable & Sendable)?

    package init(message: String, data: (any Encodable & Sendable)? = nil) {
        self.message = message
        self.data = data
    }

    private enum Keys: String, CodingKey {
        case error, message, data
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        var error = container.nestedContainer(keyedBy: Keys.self, forKey: .error)
        try error.encode(self.message, forKey: .message)
        if let data = self.data { try error.encode(data, forKey: .data) }
    }
}
