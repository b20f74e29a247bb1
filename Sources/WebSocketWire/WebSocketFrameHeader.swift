// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The header of a frame as sent on the wire (RFC 6455, 5.2).
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-------+-+-------------+-------------------------------+
///     |F|R|R|R| opcode|M| Payload len |    Extended payload length    |
///     |I|S|S|S|  (4)  |A|     (7)     |             (16/64)           |
///     |N|V|V|V|       |S|             |   (if payload len==126/127)   |
///     | |1|2|3|       |K|             |                               |
///     +-+-+-+-+-------+-+-------------+ - - - - - - - - - - - - - - - +
///     |     Masking-key (0 or 4 bytes), then the payload              |
///     +---------------------------------------------------------------+
struct WebSocketFrameHeader {
    private let first: UInt8
    private let second: UInt8
    /// The payload's length as the header claims it. ``validate(role:isDeflateNegotiated:)`` checks that the top bit is
    /// 0.
    let length: UInt64
    /// The masking key; 0, which masks nothing, when the frame has none.
    let mask: WebSocketMask

    /// Reads a header from the start of `bytes`; nil when the header is incomplete.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 2 else { return nil }
        (first, second) = (bytes[0], bytes[1])
        let size = Self.size(second: second)
        guard bytes.count >= size else { return nil }
        switch second & 0x7F {
        case 126: length = UInt64(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
        case 127: length = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
        default: length = UInt64(second & 0x7F)
        }
        let isMasked = second & 0x80 != 0
        let key = isMasked ? bytes.loadUnaligned(fromByteOffset: size - 4, as: UInt32.self) : 0
        mask = WebSocketMask(key: UInt32(littleEndian: key))
    }

    var isFinal: Bool { first & 0x80 != 0 }
    var isCompressed: Bool { first & 0x40 != 0 }
    var isMasked: Bool { second & 0x80 != 0 }
    var opcode: WebSocketOpcode? { WebSocketOpcode(rawValue: first & 0x0F) }
    var size: Int { Self.size(second: second) }

    /// The payload's length, if the frame is a whole uncompressed message with a payload, as `role` receives it. Such a
    /// header needs no validation.
    func wholeMessageLength(_ role: WebSocketRole) -> Int? {
        let isMessage = first == 0x80 | WebSocketOpcode.text.rawValue || first == 0x80 | WebSocketOpcode.binary.rawValue
        return isMessage && isMasked == (role == .server) && length > 0 && length <= UInt64.max >> 1 ? Int(length) : nil
    }

    private static func size(second: UInt8) -> Int {
        let extended =
            switch second & 0x7F {
            case 126: 2
            case 127: 8
            default: 0
            }
        return 2 + extended + (second & 0x80 != 0 ? 4 : 0)
    }

    /// Checks the rules that concern the header alone.
    /// - Parameters:
    ///   - role: The role of the receiver.
    ///   - isDeflateNegotiated: Whether RSV1 may mark a compressed message.
    /// - Returns: The opcode, known to be a valid one.
    func validate(role: WebSocketRole, isDeflateNegotiated: Bool) throws(WebSocketError) -> WebSocketOpcode {
        guard first & 0x30 == 0 else { throw .violation("reserved bit") }
        guard let opcode else { throw .violation("reserved opcode") }
        // RSV1 stands on the first frame of a data message and on no other (RFC 7692, 6 and 6.1).
        guard !isCompressed || isDeflateNegotiated && (opcode == .text || opcode == .binary) else {
            throw .violation("unexpected RSV1")
        }
        guard isMasked == (role == .server) else {
            throw .violation(role == .server ? "frame not masked" : "frame masked")
        }
        if opcode.isControl {
            guard isFinal else { throw .violation("fragmented control frame") }
            guard length <= 125 else { throw .violation("control frame too long") }
        }
        guard length <= UInt64.max >> 1 else { throw .violation("length out of range") }
        return opcode
    }
}
