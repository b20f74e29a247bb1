// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The types of values that have a length, and then as many bytes. The raw value is what they begin with.
enum StringType: UInt8 {
    case bulk = 0x24  // $
    case error = 0x21  // !
    case verbatim = 0x3D  // =

    func value(_ string: ByteBuffer) throws(RESPError) -> RESPValue {
        switch self {
        case .bulk: return .bulk(string)
        case .error: return .refusal(string)
        case .verbatim:
            var string = string
            guard let format = string.readString(length: 3), string.readInteger() == UInt8(ascii: ":") else {
                throw .malformedString
            }
            return .verbatim(format: format, string)
        }
    }
}

/// The types of values that have a count, and then as many values. The raw value is what they begin with.
enum AggregateType: UInt8 {
    case array = 0x2A  // *
    case map = 0x25  // %
    case set = 0x7E  // ~
    case push = 0x3E  // >
    case attribute = 0x7C  // |

    var isOfPairs: Bool { self == .map || self == .attribute }

    func value(_ elements: [RESPValue]) -> RESPValue {
        switch self {
        case .array: .array(elements)
        case .set: .set(elements)
        case .push: .push(elements)
        case .map, .attribute: .map(elements)
        }
    }
}

/// An array or a map that is not complete.
struct Aggregate {
    let type: AggregateType
    let count: Int
    var elements: [RESPValue] = []

    init(type: AggregateType, count: Int) {
        self.type = type
        self.count = count
        // The count is only what was announced.
        self.elements.reserveCapacity(min(count, 64))
    }

    var isComplete: Bool { self.elements.count == self.count }
}

/// Lines, after their first byte.
extension ByteBuffer {
    /// A length or a count.
    /// - Returns: nil for -1, which is null in RESP2.
    func count(allowsNull: Bool) throws(RESPError) -> Int? {
        guard let number = Int(ascii: self.readableBytesView) else { throw .malformedLine }
        if number == -1, allowsNull { return nil }
        // So that a count of pairs and a length with its end are no overflow.
        guard number >= 0, number <= Int(Int32.max) else { throw number < 0 ? .malformedLine : .valueTooLong }
        return number
    }

    /// A value that is all on its line.
    func scalar(_ type: UInt8) throws(RESPError) -> RESPValue {
        switch type {
        case UInt8(ascii: "+"): return .simple(self)
        case UInt8(ascii: "-"): return .refusal(self)
        case UInt8(ascii: ":"):
            guard let number = Int64(ascii: self.readableBytesView) else { throw .malformedLine }
            return .integer(number)
        case UInt8(ascii: "_"):
            guard self.readableBytes == 0 else { throw .malformedLine }
            return .null
        case UInt8(ascii: "#"):
            switch self.readableBytesView.first {
            case UInt8(ascii: "t") where self.readableBytes == 1: return .boolean(true)
            case UInt8(ascii: "f") where self.readableBytes == 1: return .boolean(false)
            default: throw .malformedLine
            }
        case UInt8(ascii: ","):
            guard let number = Double(String(buffer: self)) else { throw .malformedLine }
            return .double(number)
        case UInt8(ascii: "("):
            let digits = self.readableBytesView.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
            let isSigned = digits.count < self.readableBytes
            guard !digits.isEmpty, self.readableBytes - digits.count <= (isSigned ? 1 : 0),
                digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
            else { throw .malformedLine }
            return .bigNumber(String(buffer: self))
        default: throw .unknownType(type)
        }
    }
}

extension FixedWidthInteger where Self: SignedInteger {
    /// Decimal digits, perhaps after a sign.
    fileprivate init?(ascii: ByteBufferView) {
        var digits = ascii[...]
        let sign = digits.first
        let isNegative = sign == UInt8(ascii: "-")
        if isNegative || sign == UInt8(ascii: "+") { digits = digits.dropFirst() }
        guard !digits.isEmpty else { return nil }
        var number: Self = 0
        for digit in digits {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else { return nil }
            let (product, overflow) = number.multipliedReportingOverflow(by: 10)
            let value = Self(digit - UInt8(ascii: "0"))
            // Negative from the first digit on, since the least number has no positive one.
            let (sum, carry) =
                isNegative ? product.subtractingReportingOverflow(value) : product.addingReportingOverflow(value)
            guard !overflow, !carry else { return nil }
            number = sum
        }
        self = number
    }
}
