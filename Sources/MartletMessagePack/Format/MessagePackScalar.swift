// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// A type whose values are single MessagePack values.
protocol MessagePackScalar: Decodable {
    /// The value at `offset`; nil if it is of another kind, or is a number that this type cannot hold.
    static func read(from bytes: MessagePackBytes, at offset: Int) -> Self?
}

extension String: MessagePackScalar {
    static func read(from bytes: MessagePackBytes, at offset: Int) -> String? {
        guard let head = bytes.head(at: offset), head.kind == .string else { return nil }
        return String(decoding: bytes.body(head, at: offset), as: UTF8.self)
    }
}

extension Bool: MessagePackScalar {
    static func read(from bytes: MessagePackBytes, at offset: Int) -> Bool? {
        switch bytes.unsigned(at: offset, width: 1) {
        case 0xC2: false
        case 0xC3: true
        default: nil
        }
    }
}

extension Double: MessagePackScalar {
    static func read(from bytes: MessagePackBytes, at offset: Int) -> Double? {
        switch bytes.number(at: offset) {
        case .unsigned(let integer): Double(integer)
        case .signed(let integer): Double(integer)
        case .float(let float): float
        case nil: nil
        }
    }
}

extension Float: MessagePackScalar {
    static func read(from bytes: MessagePackBytes, at offset: Int) -> Float? {
        guard let double = Double.read(from: bytes, at: offset) else { return nil }
        let float = Float(double)
        return float.isFinite || !double.isFinite ? float : nil
    }
}

extension MessagePackScalar where Self: FixedWidthInteger {
    /// Whole floats are integers, too: JavaScript's numbers do not tell the two apart.
    static func read(from bytes: MessagePackBytes, at offset: Int) -> Self? {
        switch bytes.number(at: offset) {
        case .unsigned(let integer): Self(exactly: integer)
        case .signed(let integer): Self(exactly: integer)
        case .float(let float): Self(exactly: float)
        case nil: nil
        }
    }
}

extension Int: MessagePackScalar {}
extension Int8: MessagePackScalar {}
extension Int16: MessagePackScalar {}
extension Int32: MessagePackScalar {}
extension Int64: MessagePackScalar {}
extension UInt: MessagePackScalar {}
extension UInt8: MessagePackScalar {}
extension UInt16: MessagePackScalar {}
extension UInt32: MessagePackScalar {}
extension UInt64: MessagePackScalar {}

enum MessagePackNumber {
    case unsigned(UInt64)
    case signed(Int64)
    case float(Double)
}

extension MessagePackBytes {
    /// The number at `offset`; nil if it is another value.
    @inline(__always)
    func number(at offset: Int) -> MessagePackNumber? {
        guard offset < self.count else { return nil }
        let byte = self.base[offset]
        switch byte {
        case 0x00...0x7F: return .unsigned(UInt64(byte))
        case 0xE0...0xFF: return .signed(Int64(Int8(bitPattern: byte)))
        case 0xCA:
            return self.unsigned(at: offset + 1, width: 4)
                .map { .float(Double(Float(bitPattern: UInt32(truncatingIfNeeded: $0)))) }
        case 0xCB: return self.unsigned(at: offset + 1, width: 8).map { .float(Double(bitPattern: $0)) }
        case 0xCC...0xCF: return self.unsigned(at: offset + 1, width: 1 << Int(byte - 0xCC)).map { .unsigned($0) }
        case 0xD0...0xD3:
            let width = 1 << Int(byte - 0xD0)
            // Shifted to the top and back, which copies the sign.
            let shift = Int64(64 - width * 8)
            return self.unsigned(at: offset + 1, width: width)
                .map { .signed((Int64(bitPattern: $0) &<< shift) &>> shift) }
        default: return nil
        }
    }
}
