// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import MartletEngine
internal import NIOCore
internal import WebSocketWire

/// What the WebSocket connections of one event loop share.
///
/// `@unchecked Sendable`: a reference may be handed around, since every member is used on the event loop only.
package final class WebSocketLoop: @unchecked Sendable {
    package let context: LoopContext
    package let sockets: DirectSockets
    let deflatePool = DeflatePool()
    // `@exclusivity(unchecked)`: see LoopContext.
    /// Memory into which received messages are unmasked. Whoever keeps a slice of it past the call makes the next
    /// message allocate anew, so what is kept is copied.
    @exclusivity(unchecked) var received = ByteBuffer()
    /// Memory for a message before and after compression. Clear before use, keep no slice.
    @exclusivity(unchecked) var plain = ByteBuffer()
    @exclusivity(unchecked) var compressed = ByteBuffer()
    /// By ``SharedMessage/Form/index``.
    let sharedFrames: [SharedFrames]

    /// - Parameter send: how bytes are handed to a socket.
    package init(_ context: LoopContext, send: @escaping DirectSockets.Send) {
        self.context = context
        let sockets = DirectSockets(send)
        self.sockets = sockets
        self.sharedFrames = (0..<SharedMessage.Form.webSocketForms).map { _ in SharedFrames(context, sockets) }
    }
}
