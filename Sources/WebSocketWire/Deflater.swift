// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Compresses the messages of one connection (RFC 7692, 7.2.1).
///
/// Confined to the event loop of its pool. The deflater holds no context before the first message; without context
/// takeover it holds none between messages either.
package final class Deflater {
    private let pool: DeflatePool
    private let recipe: DeflateContext.Recipe
    private let noContextTakeover: Bool
    private var context: DeflateContext?

    /// - Parameter role: The role of this side, which compresses the messages that it sends.
    package init(
        parameters: PerMessageDeflateParameters, configuration: PerMessageDeflateConfiguration,
        role: WebSocketRole, pool: DeflatePool
    ) {
        let direction = parameters.direction(from: role)
        self.pool = pool
        recipe = .init(
            windowBits: max(direction.windowBits, 9), level: configuration.level, memLevel: configuration.memLevel)
        noContextTakeover = direction.noContextTakeover
    }

    /// The window of this side's stream, as a power of two: the largest window that a ``SharedCompression`` may use.
    package var windowBits: Int { recipe.windowBits }

    /// Compresses one message to the end of `output`: the payload of a frame, or of several, with RSV1.
    /// - Throws: 1011 when there is no memory for a context.
    package func compress(_ message: UnsafeRawBufferPointer, into output: inout ByteBuffer) throws(WebSocketError) {
        if let context {
            context.compress(message, into: &output)
        } else if noContextTakeover {
            let context = try pool.borrowDeflater(recipe)
            context.compress(message, into: &output)
            pool.giveBack(context)
        } else {
            let context = try DeflateContext(recipe)
            context.compress(message, into: &output)
            self.context = context
        }
    }

    /// Starts afresh, so that the next message refers to none before it. Call this after sending a message that this
    /// deflater did not compress (``SharedCompression``): the receiver's window contains that message, and this
    /// deflater's window does not.
    package func forgetHistory() {
        context?.reset()
    }

    /// Frees the context of an idle connection. The next message then refers to none before it, which is always valid.
    package func releaseContext() {
        context = nil
    }
}
