// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import JSONGrammar

/// A floating-point type that JSON numbers are decoded to and encoded from.
protocol JSONFloat: BinaryFloatingPoint, LosslessStringConvertible {
    /// The whole part of a number from 0 to 2^63. Each type implements this itself: the generic initializer of `Int64`
    /// takes many more instructions than the one for a concrete type.
    var integer: Int64 { get }
}

extension Double: JSONFloat {
    @inline(__always) var integer: Int64 { Int64(self) }
}

extension Float: JSONFloat {
    @inline(__always) var integer: Int64 { Int64(self) }
}

/// Writes the text of single values to memory that has room for it. All functions return the number of bytes.
enum JSONText {
    /// The size in bytes that any 64-bit integer fits.
    static var integerSize: Int { 20 }
    /// The size in bytes that any double fits: -2.2250738585072014e-308 has 24.
    static var floatSize: Int { 32 }

    /// Writes a string in quotes. Returns `nil` if some of the string must be escaped.
    @inline(__always)
    static func write(plain base: UnsafePointer<UInt8>, count: Int, to output: UnsafeMutablePointer<UInt8>) -> Int? {
        guard JSONStringBytes.copyPlain(base, count: count, to: output + 1) else { return nil }
        output[0] = JSONByte.quote
        output[count + 1] = JSONByte.quote
        return count + 2
    }

    @inline(__always)
    static func write<I: FixedWidthInteger>(integer: I, to output: UnsafeMutablePointer<UInt8>) -> Int {
        write(isNegative: integer < 0, magnitude: UInt64(truncatingIfNeeded: integer.magnitude), to: output)
    }

    @inline(__always)
    private static func write(isNegative: Bool, magnitude: UInt64, to output: UnsafeMutablePointer<UInt8>) -> Int {
        guard isNegative else { return write(magnitude: magnitude, to: output) }
        output[0] = JSONByte.minus
        return write(magnitude: magnitude, to: output + 1) + 1
    }

    private static func write(magnitude: UInt64, to output: UnsafeMutablePointer<UInt8>) -> Int {
        var count = 1
        var rest = magnitude
        while rest >= 10_000 {
            rest /= 10_000
            count += 4
        }
        count += rest >= 1000 ? 3 : rest >= 100 ? 2 : rest >= 10 ? 1 : 0
        rest = magnitude
        for position in stride(from: count - 1, through: 0, by: -1) {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            output[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
            rest = quotient
        }
        return count
    }

    /// Writes a number with up to three decimals, such as a price or a position; `nil` for other numbers. This is
    /// faster than using its description. The fewest decimals that read back as the number are its shortest form,
    /// because numbers below `limit` with so few decimals are all distinct.
    @inline(__always)
    private static func write<F: JSONFloat>(
        shortDecimal float: F, below limit: F, to output: UnsafeMutablePointer<UInt8>
    ) -> Int? {
        var power: F = 1
        for decimals in 1...3 {
            power *= 10
            let scaled = float.magnitude * power
            guard scaled < limit else { return nil }
            // Rounded by hand: `rounded()` is a call into the C library.
            let digits = (scaled + 0.5).integer
            guard digits > 0, F(digits) / power == float.magnitude else { continue }
            let (whole, fraction) = digits.quotientAndRemainder(dividingBy: power.integer)
            var count = 0
            if float < 0 {
                output[0] = JSONByte.minus
                count = 1
            }
            count += write(magnitude: UInt64(whole), to: output + count)
            output[count] = JSONByte.point
            var rest = fraction
            for position in stride(from: count + decimals, to: count, by: -1) {
                output[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            return count + decimals + 1
        }
        return nil
    }

    /// The shortest text that reads back as the same number, without a `.0`, as Foundation and JavaScript write it.
    static func write<F: JSONFloat>(
        float: F, to output: UnsafeMutablePointer<UInt8>
    ) -> Int {
        // Integers below this are written without an exponent. Negative zero keeps its sign.
        let exact = F(1 << UInt64(F.significandBitCount + 1))
        if float.magnitude < exact {
            let whole = float.magnitude.integer
            if F(whole) == float.magnitude, !(whole == 0 && float.sign == .minus) {
                return write(isNegative: float < 0, magnitude: UInt64(whole), to: output)
            }
            if let count = write(shortDecimal: float, below: exact / 16, to: output) { return count }
        }
        var description = float.description
        return description.withUTF8 { utf8 in
            let count = utf8.suffix(2).elementsEqual(".0".utf8) ? utf8.count - 2 : utf8.count
            guard let base = utf8.baseAddress, count <= floatSize else { return 0 }
            output.update(from: base, count: count)
            return count
        }
    }
}
