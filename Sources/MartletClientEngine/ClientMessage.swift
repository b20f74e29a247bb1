// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// A message, and the binary messages that belong to it, which a session was given and has not handed over.
package struct ClientMessage: Sendable, Equatable {
    /// What ``ClientSession/send(text:attachments:)`` or ``ClientSession/send(binary:)`` has returned for it.
    package let number: Int
    package let payload: ByteBuffer
    package let isBinary: Bool
    package var attachments: [ByteBuffer] = []
}
