// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// What came in on a WebSocket: a whole message, or a control frame.
package enum WebSocketEvent: Sendable, Hashable {
    /// A message of valid UTF-8.
    case text(ByteBuffer)
    case binary(ByteBuffer)
    /// To be answered with a pong of the same payload, at most 125 bytes.
    case ping(ByteBuffer)
    case pong(ByteBuffer)
    /// The peer's close frame; the code is nil when it had none. Nothing comes after it.
    case close(WebSocketCloseCode?, reason: String)
}
