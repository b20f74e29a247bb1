// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Compresses a message once for many receivers.
///
/// The result refers to nothing outside itself, so it is valid at any place of any receiver's stream whose window is
/// not smaller. A connection that takes over contexts must call ``Deflater/forgetHistory()`` after sending it.
package enum SharedCompression {
    /// Compresses `message` to the end of `output`.
    /// - Parameters:
    ///   - windowBits: 9…15, at most the smallest ``Deflater/windowBits`` of the receivers.
    ///   - pool: The calling loop's.
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
