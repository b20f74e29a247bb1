// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// A complete message or control frame that a WebSocket has received.
package enum WebSocketEvent: Sendable, Hashable {
    /// A message of valid UTF-8.
    case text(ByteBuffer)
    case binary(ByteBuffer)
    /// Must be answered with a pong of the same payload, at most 125 bytes.
    case ping(ByteBuffer)
    case pong(ByteBuffer)
    /// The peer's close frame, the last event; the code is nil when the frame has none.
    case close(WebSocketCloseCode?, reason: String)
}
