// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import MartletEngine
internal import NIOCore
package import WebSocketWire

/// The resources that the WebSocket connections of one event loop share.
///
/// `@unchecked Sendable`: a reference may be handed around, since every member is used on the event loop only.
package final class WebSocketLoop: @unchecked Sendable {
    package let context: LoopContext
    package let sockets: DirectSockets
    /// Used on the event loop only, as all other members.
    package var compressionTraffic: CompressionTraffic { self.deflatePool.traffic }
    let deflatePool = DeflatePool()
    /// The uncompressed frames that go to many connections.
    let plainFrames: SharedFrames
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) var memory = Memory()
    /// The compressed frames that go to many connections, by the size of the window.
    private var compressedFrames: [Int: SharedFrames] = [:]

    /// Buffers that all connections use in turn.
    struct Memory {
        /// Received messages are unmasked into this buffer. A caller that keeps a slice past the call must copy it:
        /// otherwise the next message allocates.
        var received = ByteBuffer()
        /// A message before and after compression. Clear these before use, and keep no slice of them.
        var plain = ByteBuffer()
        var compressed = ByteBuffer()
    }

    /// - Parameter send: hands bytes to a socket.
    package init(_ context: LoopContext, send: @escaping DirectSockets.Send) {
        self.context = context
        self.sockets = DirectSockets(send)
        self.plainFrames = SharedFrames(SharedMessage.Form(of: WebSocketFrame.self), context, self.sockets)
    }

    /// The compressed frames that go to many connections with a window of this size. Called once a connection.
    func compressedFrames(windowBits: Int) -> SharedFrames {
        if let frames = self.compressedFrames[windowBits] { return frames }
        let form = SharedMessage.Form(of: SharedCompression.self, variant: windowBits)
        let frames = SharedFrames(form, self.context, self.sockets)
        self.compressedFrames[windowBits] = frames
        return frames
    }
}
