// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Compresses a message once for many receivers.
///
/// The compressed message refers to no other data, so it is valid at any place in the stream of any receiver whose
/// window is not smaller. A connection with context takeover must call ``Deflater/forgetHistory()`` after sending it.
package enum SharedCompression {
    /// Compresses `message` to the end of `output`.
    /// - Parameters:
    ///   - windowBits: 9…15, at most the smallest ``Deflater/windowBits`` of the receivers.
    ///   - pool: The pool of the calling event loop.
    /// - Throws: 1011 when there is no memory for a context.
    package static func compress(
        _ message: UnsafeRawBufferPointer, windowBits: Int, configuration: PerMessageDeflateConfiguration,
        pool: DeflatePool, into output: inout ByteBuffer
    ) throws(WebSocketError) {
        let context = try pool.borrowDeflater(
            .init(windowBits: min(max(windowBits, 9), 15), level: configuration.level, memLevel: configuration.memLevel)
        )
        context.compress(message, into: &output)
        pool.giveBack(context)
    }
}
