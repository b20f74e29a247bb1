// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The part of a packet before its JSON: `<type>[<attachments>-][<namespace>,][<ack id>]`.
enum SocketPacketHead {
    /// The largest acknowledgement id, 2^53 - 1: the last integer that JavaScript's numbers hold exactly.
    static let maxAckID = 9_007_199_254_740_991

    /// Reads the head into `packet`. `payloadStart` becomes the index of the JSON; without JSON, the length of the
    /// text.
    /// - Returns: the error, or nil.
    static func read(
        _ bytes: UnsafeRawBufferPointer,
        maxAttachments: Int,
        into packet: inout SocketPacket.Contents,
        payloadStart: inout Int
    ) -> SocketIOError? {
        guard let digit = bytes.first, let type = SocketPacketType(rawValue: digit &- UInt8(ascii: "0")) else {
            return .unknownPacketType
        }
        packet.type = type
        var index = 1

        if type.isBinary {
            switch decimal(in: bytes, at: &index, max: maxAttachments) {
            case .tooLarge:
                return .tooManyAttachments
            case .value(let count) where index < bytes.count && bytes[index] == UInt8(ascii: "-"):
                packet.attachmentCount = count
                index += 1
            case .value, .absent:
                return .illegalAttachments
            }
        }

        if index < bytes.count, bytes[index] == UInt8(ascii: "/") {
            let start = index
            while index < bytes.count, bytes[index] != UInt8(ascii: ",") { index += 1 }
            if index - start > 1 {
                let name = UnsafeRawBufferPointer(rebasing: bytes[start..<index])
                packet.namespace = String(decoding: name, as: UTF8.self)
            }
            // The comma may be missing when nothing follows (`40/random`).
            if index < bytes.count { index += 1 }
        }

        switch decimal(in: bytes, at: &index, max: maxAckID) {
        case .tooLarge: return .invalidAckID
        case .value(let id): packet.ackID = id
        case .absent: break
        }
        payloadStart = index
        return nil
    }

    private enum Decimal {
        case absent
        case value(Int)
        case tooLarge
    }

    /// Reads the digits at `index`. Stops as soon as the number exceeds `max`, so no run of digits can overflow.
    @inline(__always)
    private static func decimal(in bytes: UnsafeRawBufferPointer, at index: inout Int, max: Int) -> Decimal {
        let start = index
        var value = 0
        while index < bytes.count, bytes[index] &- UInt8(ascii: "0") < 10 {
            value = value * 10 + Int(bytes[index] &- UInt8(ascii: "0"))
            if value > max { return .tooLarge }
            index += 1
        }
        return index > start ? .value(value) : .absent
    }
}
