// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// A peer's violation, or a lack of memory, and the content of the close frame that reports it.
package struct WebSocketError: Error, Sendable, Hashable {
    package let closeCode: WebSocketCloseCode
    /// In words for the close frame: ASCII, at most 123 bytes.
    package let reason: String

    package init(_ closeCode: WebSocketCloseCode, _ reason: String) {
        self.closeCode = closeCode
        self.reason = reason
    }

    static let invalidUTF8 = Self(.invalidPayloadData, "invalid UTF-8")
    static let invalidCompression = Self(.invalidPayloadData, "invalid compressed data")
    static let messageTooBig = Self(.messageTooBig, "message too big")
    static let tooManyFragments = Self(.policyViolation, "too many fragments")
    static let outOfMemory = Self(.internalError, "out of memory")

    static func violation(_ reason: String) -> Self { Self(.protocolError, reason) }
}
