// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import JSONGrammar

/// Reads the text of a number that the scanner has checked: digits, and perhaps a sign, a fraction and an exponent.
///
/// The number is ±`significand` × 10^`exponent`; the significand has no trailing zeros, so the number is an integer
/// exactly if the exponent is not negative.
struct JSONNumber {
    var isNegative = false
    /// `nil` if the digits do not fit 64 bits.
    var significand: UInt64? = 0
    var exponent = 0

    init(_ text: UnsafeBufferPointer<UInt8>) {
        var index = 0
        if text.first == JSONByte.minus {
            isNegative = true
            index = 1
        }
        if text.count - index <= 20 {
            readShort(text, from: index)
        } else {
            readLong(text, from: index)
        }
    }

    /// Reads a number of at most 20 characters without its sign. Up to 19 digits always fit 64 bits.
    private mutating func readShort(_ text: UnsafeBufferPointer<UInt8>, from start: Int) {
        var magnitude: UInt64 = 0
        var point: Int?
        var index = start
        while index < text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            if digit < 10 {
                // Twenty digits, which have no point here, may not fit 64 bits.
                if index - start == 19, point == nil { return readLong(text, from: start) }
                magnitude = magnitude &* 10 &+ UInt64(digit)
            } else if text[index] == JSONByte.point {
                point = index
            } else {
                break
            }
            index += 1
        }
        if let point { exponent = point + 1 - index }
        if index < text.count { exponent += Self.exponent(text[(index + 1)...]) }
        if magnitude == 0 {
            exponent = 0
        } else {
            while magnitude % 10 == 0 {
                magnitude /= 10
                exponent += 1
            }
        }
        significand = magnitude
    }

    private mutating func readLong(_ text: UnsafeBufferPointer<UInt8>, from start: Int) {
        var index = start
        var magnitude: UInt64 = 0
        var overflows = false
        var zeros = 0
        var isFraction = false
        scan: while index < text.count {
            let byte = text[index]
            index += 1
            switch byte {
            case UInt8(ascii: "0"):
                if magnitude != 0 || overflows { zeros += 1 }
                if isFraction { exponent -= 1 }
            case UInt8(ascii: "1")...UInt8(ascii: "9"):
                if isFraction { exponent -= 1 }
                // Zeros are multiplied in only once another digit follows them; more than 20 always overflow.
                for _ in 0...min(zeros, 20) { overflows = Self.multiplyByTen(&magnitude) || overflows }
                zeros = 0
                let (sum, carry) = magnitude.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
                magnitude = sum
                overflows = overflows || carry
            case JSONByte.point: isFraction = true
            default:
                exponent += Self.exponent(text[index...])
                break scan
            }
        }
        exponent += zeros
        significand = overflows ? nil : magnitude
    }

    /// The number as an integer; `nil` if it is not an integer or does not fit.
    func integer<I: FixedWidthInteger>(as type: I.Type) -> I? {
        guard var magnitude = significand else { return nil }
        if magnitude == 0 { return 0 }
        guard exponent >= 0, exponent < 20 else { return nil }
        for _ in 0..<exponent where Self.multiplyByTen(&magnitude) { return nil }
        return Self.integer(isNegative: isNegative, magnitude: magnitude)
    }

    @inline(__always)
    static func integer<I: FixedWidthInteger>(isNegative: Bool, magnitude: UInt64) -> I? {
        guard isNegative else { return I(exactly: magnitude) }
        guard magnitude <= 1 << 63 else { return nil }
        return I(exactly: Int64(truncatingIfNeeded: 0 &- magnitude))
    }

    /// Reads a number of at most 19 characters without an exponent, as most numbers are; `nil` for other numbers.
    @inline(__always)
    static func shortDecimal<F: JSONFloat>(_ text: UnsafeBufferPointer<UInt8>, as type: F.Type) -> F? {
        guard text.count <= 19, var cursor = text.baseAddress else { return nil }
        let end = cursor + text.count
        let isNegative = cursor.pointee == JSONByte.minus
        if isNegative { cursor += 1 }
        var significand: UInt64 = 0
        var fraction = end
        while cursor < end {
            let digit = cursor.pointee &- UInt8(ascii: "0")
            if digit < 10 {
                significand = significand &* 10 &+ UInt64(digit)
            } else if cursor.pointee == JSONByte.point {
                fraction = cursor + 1
            } else {
                return nil
            }
            cursor += 1
        }
        guard let value = F(exactly: significand, exponent: fraction - end) else { return nil }
        return isNegative ? -value : value
    }

    /// The exponent after its `e`, limited to about 2^40. A text has less than 2^31 bytes, so its digits cannot make up
    /// for a larger exponent.
    private static func exponent(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
        var value = 0
        for byte in text where JSONByte.isDigit(byte) {
            value = min(value * 10 + Int(byte - UInt8(ascii: "0")), 1 << 40)
        }
        return text.first == JSONByte.minus ? -value : value
    }

    @inline(__always)
    private static func multiplyByTen(_ value: inout UInt64) -> Bool {
        let (product, overflows) = value.multipliedReportingOverflow(by: 10)
        value = product
        return overflows
    }
}

extension JSONFloat {
    /// The number made from significand and power of ten by one operation. Both are exact, so the only rounding is the
    /// correct one (Clinger 1990); `nil` if one of them would not be exact.
    @inline(__always)
    init?(exactly significand: UInt64, exponent: Int) {
        guard significand <= 1 << UInt64(Self.significandBitCount + 1),
            exponent.magnitude <= (Self.significandBitCount == 52 ? 22 : 10)
        else { return nil }
        var power: Self = 1
        for _ in 0..<exponent.magnitude { power *= 10 }
        self = exponent < 0 ? Self(significand) / power : Self(significand) * power
    }
}

extension JSONTape {
    @inline(__always)
    private func numberText(at index: Int) -> UnsafeBufferPointer<UInt8> {
        let entry = entries[index]
        return UnsafeBufferPointer(start: text + Int(entry.start), count: Int(entry.detail - entry.start))
    }

    /// The number at `index` as an integer, exactly: `1.0` and `1e2` are integers, `1.5` is not.
    @inline(__always)
    func integer<I: FixedWidthInteger>(at index: Int, as type: I.Type) -> I? {
        let text = numberText(at: index)
        let isNegative = text[0] == JSONByte.minus
        let start = isNegative ? 1 : 0
        // 19 digits always fit 64 bits.
        guard text.count - start <= 19 else { return JSONNumber(text).integer(as: I.self) }
        var magnitude: UInt64 = 0
        for position in start..<text.count {
            let digit = text[position] &- UInt8(ascii: "0")
            guard digit < 10 else { return JSONNumber(text).integer(as: I.self) }
            magnitude = magnitude &* 10 &+ UInt64(digit)
        }
        return JSONNumber.integer(isNegative: isNegative, magnitude: magnitude)
    }

    /// The number at `index`, correctly rounded; `nil` if it overflows, or rounds to zero without being zero.
    func float<F: JSONFloat>(at index: Int, as type: F.Type) -> F? {
        let text = numberText(at: index)
        if let value = JSONNumber.shortDecimal(text, as: F.self) { return value }
        let number = JSONNumber(text)
        if let significand = number.significand {
            if significand == 0 { return number.isNegative ? -0.0 : 0 }
            if let value = F(exactly: significand, exponent: number.exponent) {
                return number.isNegative ? -value : value
            }
        }
        guard let value = F(String(decoding: text, as: UTF8.self)), value.isFinite, value != 0 else { return nil }
        return value
    }
}
