// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// A type whose values are JSON strings, numbers or booleans.
protocol JSONScalar: Decodable {
    static var kind: JSONTape.Kind { get }

    /// The value at `index`; `nil` if it is of another kind, or is a number that this type cannot hold.
    static func read(from tape: JSONTape, at index: Int) -> Self?
}

extension String: JSONScalar {
    static var kind: JSONTape.Kind { .string }

    @inline(__always)
    static func read(from tape: JSONTape, at index: Int) -> String? {
        tape.kind(at: index) == .string ? tape.string(at: index) : nil
    }
}

extension Bool: JSONScalar {
    static var kind: JSONTape.Kind { .bool }

    @inline(__always)
    static func read(from tape: JSONTape, at index: Int) -> Bool? {
        guard tape.kind(at: index) == .bool else { return nil }
        return tape.text[Int(tape.entries[index].start)] == UInt8(ascii: "t")
    }
}

extension Double: JSONScalar {
    static var kind: JSONTape.Kind { .number }

    static func read(from tape: JSONTape, at index: Int) -> Double? {
        tape.kind(at: index) == .number ? tape.float(at: index, as: Double.self) : nil
    }
}

extension Float: JSONScalar {
    static var kind: JSONTape.Kind { .number }

    static func read(from tape: JSONTape, at index: Int) -> Float? {
        tape.kind(at: index) == .number ? tape.float(at: index, as: Float.self) : nil
    }
}

extension JSONScalar where Self: FixedWidthInteger {
    static var kind: JSONTape.Kind { .number }

    static func read(from tape: JSONTape, at index: Int) -> Self? {
        tape.kind(at: index) == .number ? tape.integer(at: index, as: Self.self) : nil
    }
}

extension Int: JSONScalar {}
extension Int8: JSONScalar {}
extension Int16: JSONScalar {}
extension Int32: JSONScalar {}
extension Int64: JSONScalar {}
extension UInt: JSONScalar {}
extension UInt8: JSONScalar {}
extension UInt16: JSONScalar {}
extension UInt32: JSONScalar {}
extension UInt64: JSONScalar {}
