// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The acknowledgement of an event whose handler threw: `{"error":{"name":"EventError","message":…,"code":…,"data":…}}`.
package struct ErrorReply: Codable, Sendable {
    /// Tells it from a value of the application's own that has an error in it.
    private static let name = "EventError"

    package let error: EventError

    package init(_ error: EventError) {
        self.error = error
    }

    private enum Keys: String, CodingKey {
        case error, name, message, code, data
    }

    package init(from decoder: any Decoder) throws {
        let error = try decoder.container(keyedBy: Keys.self).nestedContainer(keyedBy: Keys.self, forKey: .error)
        guard try error.decode(String.self, forKey: .name) == Self.name else {
            throw DecodingError.dataCorruptedError(forKey: .name, in: error, debugDescription: "Another error.")
        }
        self.error = EventError(
            message: try error.decode(String.self, forKey: .message),
            code: try error.decodeIfPresent(String.self, forKey: .code),
            data: try error.decodeIfPresent(SocketArgument.self, forKey: .data)
        )
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        var error = container.nestedContainer(keyedBy: Keys.self, forKey: .error)
        try error.encode(Self.name, forKey: .name)
        try error.encode(self.error.message, forKey: .message)
        try error.encodeIfPresent(self.error.code, forKey: .code)
        if let data = self.error.data { try error.encode(data, forKey: .data) }
    }
}
