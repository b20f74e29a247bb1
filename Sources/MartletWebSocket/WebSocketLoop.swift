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
    /// The plain frames that many get.
    let plainFrames: SharedFrames
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) var memory = Memory()
    /// The compressed frames that many get, by the size of the window.
    private var compressedFrames: [Int: SharedFrames] = [:]

    /// Memory that all connections use in turn.
    struct Memory {
        /// Into which received messages are unmasked. Whoever keeps a slice of it past the call makes the next message
        /// allocate anew, so what is kept is copied.
        var received = ByteBuffer()
        /// For a message before and after compression. Clear before use, keep no slice.
        var plain = ByteBuffer()
        var compressed = ByteBuffer()
    }

    /// - Parameter send: how bytes are handed to a socket.
    package init(_ context: LoopContext, send: @escaping DirectSockets.Send) {
        self.context = context
        self.sockets = DirectSockets(send)
        self.plainFrames = SharedFrames(SharedMessage.Form(of: WebSocketFrame.self), context, self.sockets)
    }

    /// The compressed frames that many get whose windows have this size. Asked once for a connection.
    func compressedFrames(windowBits: Int) -> SharedFrames {
        if let frames = self.compressedFrames[windowBits] { return frames }
        let form = SharedMessage.Form(of: SharedCompression.self, variant: windowBits)
        let frames = SharedFrames(form, self.context, self.sockets)
        self.compressedFrames[windowBits] = frames
        return frames
    }
}
