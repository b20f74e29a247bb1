// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// One packet of Engine.IO 4 (Protocol.md, section 1).
///
/// The associated buffer holds the bytes after the type digit, as a slice of the decoded buffer: `2probe` is
/// `.ping("probe")`. In a lossless session `6<n>` is `.noop("<n>")`; ``EngineCount`` reads the number.
package enum EnginePacket: Equatable, Sendable {
    case open(ByteBuffer)
    case close(ByteBuffer)
    case ping(ByteBuffer)
    case pong(ByteBuffer)
    /// A text message, valid UTF-8.
    case text(ByteBuffer)
    /// A binary message, as raw bytes.
    case binary(ByteBuffer)
    case upgrade
    case noop(ByteBuffer)

    /// Whether this is a message, text or binary; only messages have a number in a lossless session.
    package var isMessage: Bool {
        switch self {
        case .text, .binary: true
        case .open, .close, .ping, .pong, .upgrade, .noop: false
        }
    }
}

/// The bytes that begin a packet, and the byte that separates packets.
enum PacketByte {
    static let open = UInt8(ascii: "0")
    static let close = UInt8(ascii: "1")
    static let ping = UInt8(ascii: "2")
    static let pong = UInt8(ascii: "3")
    static let message = UInt8(ascii: "4")
    static let upgrade = UInt8(ascii: "5")
    static let noop = UInt8(ascii: "6")
    static let base64Binary = UInt8(ascii: "b")
    static let base64Text = UInt8(ascii: "t")
    static let recordSeparator: UInt8 = 0x1e
}
