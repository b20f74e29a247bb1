// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Inflates the messages of one connection (RFC 7692, 7.2.2), in pieces as they arrive.
///
/// A class, so that the connection can release the context while a decoder holds the inflater. Confined to the event
/// loop of its pool. The inflater holds no context before the first compressed message; without context takeover it
/// holds none between messages either.
package final class Inflater {
    private let pool: DeflatePool
    private let windowBits: Int
    private let noContextTakeover: Bool
    private var context: InflateContext?
    /// Whether a byte of the current message has been inflated.
    private var hasInput = false
    /// The window of a context that was released between messages.
    private var history: [UInt8] = []

    /// - Parameter role: The role of this side, which inflates the messages of the other side.
    package init(parameters: PerMessageDeflateParameters, role: WebSocketRole, pool: DeflatePool) {
        let direction = parameters.direction(from: role == .server ? .client : .server)
        self.pool = pool
        // A sender that agreed on 8 bits may use zlib, which silently uses 9.
        windowBits = max(direction.windowBits, 9)
        noContextTakeover = direction.noContextTakeover
    }

    /// Inflates a piece of a message to the end of `output`.
    /// - Parameter limit: The most bytes that `output` may hold.
    /// - Throws: 1009 past the limit, 1007 for data that is not deflate data. Do not use the inflater after an error.
    package func inflate(
        _ bytes: UnsafeRawBufferPointer, into output: inout ByteBuffer, limit: Int
    ) throws(WebSocketError) {
        guard !bytes.isEmpty else { return }
        hasInput = true
        pool.traffic.compressedIn &+= bytes.count
        let start = output.readableBytes
        defer { pool.traffic.plainIn &+= output.readableBytes - start }
        try currentContext().inflate(bytes, into: &output, limit: limit)
    }

    /// Ends a message: inflates the four bytes that the sender cut off, and checks that no block is left open.
    package func finishMessage(into output: inout ByteBuffer, limit: Int) throws(WebSocketError) {
        // A compressed message without any byte should have been the single byte 00 (7.2.3.6). Accept it as an empty
        // message.
        guard hasInput, let context else { return }
        hasInput = false
        let start = output.readableBytes
        defer { pool.traffic.plainIn &+= output.readableBytes - start }
        let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]
        var outcome: WebSocketError?
        tail.withUnsafeBytes { bytes in
            do throws(WebSocketError) {
                try context.inflate(bytes, into: &output, limit: limit, stopsAtBlocks: true)
            } catch {
                outcome = error
            }
        }
        if let outcome { throw outcome }
        guard context.isAtBlockBoundary else { throw .invalidCompression }
        if noContextTakeover {
            self.context = nil
            pool.giveBack(context)
        }
    }

    /// Frees the context of an idle connection, between two messages. Keeps only the data that the peer may still refer
    /// to: at most the size of its window, and often much less.
    package func releaseContext() {
        guard !noContextTakeover, let context else { return }
        history = context.history
        self.context = nil
    }

    private func currentContext() throws(WebSocketError) -> InflateContext {
        if let context { return context }
        let context = noContextTakeover ? try pool.borrowInflater() : try InflateContext(windowBits: windowBits)
        if !history.isEmpty {
            context.restore(history)
            history = []
        }
        self.context = context
        return context
    }
}
