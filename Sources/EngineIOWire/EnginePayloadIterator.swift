// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Splits a polling payload, the body of a POST or of a GET's answer, into its packets.
///
/// The initializer checks once that the body is UTF-8. Packets are slices of the body.
package struct EnginePayloadIterator: Sendable {
    private var rest: ByteBuffer
    private var remainingPackets: Int
    private let resumable: Bool
    private var isAtEnd = false

    /// - Parameters:
    ///   - body: the complete body.
    ///   - resumable: whether the session is lossless, where `t` + base64 is a text message.
    ///   - maxPackets: how many packets a body may hold. The limit bounds the work for a body of two-byte packets.
    /// - Throws: ``EngineIOError/parseError(_:)`` when the body is not UTF-8.
    package init(_ body: ByteBuffer, resumable: Bool, maxPackets: Int = 100_000) throws(EngineIOError) {
        guard UTF8Check.isValid(body) else { throw .parseError("invalid UTF-8") }
        self.rest = body
        self.resumable = resumable
        self.remainingPackets = maxPackets
    }

    /// The next packet, or nil after the last.
    /// - Throws: ``EngineIOError/parseError(_:)`` for an empty packet (an empty body counts as one), for a malformed
    ///   packet, and for more than `maxPackets`. After an error the iterator is at its end.
    package mutating func next() throws(EngineIOError) -> EnginePacket? {
        guard !isAtEnd else { return nil }
        guard remainingPackets > 0 else {
            isAtEnd = true
            throw .parseError("too many packets in a payload")
        }
        remainingPackets -= 1
        var packet = rest
        if let length = rest.distance(to: PacketByte.recordSeparator) {
            packet = rest.readSlice(length: length) ?? packet
            rest.moveReaderIndex(forwardBy: 1)
        } else {
            isAtEnd = true
        }
        do throws(EngineIOError) {
            return try EnginePacket.decodePollingPacket(packet, resumable: resumable)
        } catch {
            isAtEnd = true
            throw error
        }
    }

    /// Copies the remaining bytes: they may be a small slice of a large buffer, which the slice keeps allocated.
    package mutating func retain() {
        rest = ByteBuffer(bytes: rest.readableBytesView)
    }
}
