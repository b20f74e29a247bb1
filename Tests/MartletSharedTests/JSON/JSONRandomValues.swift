// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MartletTestSupport

/// The family of types that the property tests draw from: every shape that synthesized `Codable` makes.
struct RandomRecord: Codable, Equatable {
    enum Suit: String, Codable, CaseIterable {
        case hearts, spades
        case empty = ""
        case quoted = "a \"b\"\n"
    }
    enum Rank: Int, Codable, CaseIterable {
        case low = -1
        case high = 40
    }
    indirect enum Shape: Codable, Equatable {
        case point
        case circle(radius: Double)
        case pair(Int, String?)
        case group(of: [Shape])
    }
    struct Limits: Codable, Equatable {
        var i8: Int8, i16: Int16, i32: Int32, i64: Int64, int: Int
        var u8: UInt8, u16: UInt16, u32: UInt32, u64: UInt64, uint: UInt
    }
    struct Leaf: Codable, Equatable {
        enum CodingKeys: String, CodingKey {
            case text = "t\u{e9}xt \"quoted\""
            case flag
            case amount = ""
        }
        var text: String
        var flag: Bool?
        var amount: Double?
    }

    var name: String
    var limits: Limits
    var double: Double
    var float: Float
    var leaf: Leaf
    var optionalLeaf: Leaf?
    var leaves: [Leaf]
    var strings: [String]
    var integers: [Int]
    var doubles: [Double]
    var flags: [Bool]
    var optionals: [Int?]
    var matrix: [[UInt16]]
    var byName: [String: Leaf]
    var counts: [String: Int]
    var texts: [String: String]
    var byNumber: [Int: Float]
    var bySuit: [Suit: Int]
    var suit: Suit
    var rank: Rank?
    var shape: Shape
    var date: Date
    var set: Set<Int>
    var children: [RandomRecord]
}

extension SeededGenerator {
    mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &self) == 0 }

    mutating func list<T>(_ upTo: Int = 3, _ make: (inout SeededGenerator) -> T) -> [T] {
        (0..<Int.random(in: 0...upTo, using: &self)).map { _ in make(&self) }
    }

    mutating func integer<I: FixedWidthInteger>(_ type: I.Type = I.self) -> I {
        switch Int.random(in: 0..<5, using: &self) {
        case 0: I.min
        case 1: I.max
        case 2: I(truncatingIfNeeded: Int.random(in: -3...3, using: &self))
        case 3: I.random(in: .min ... .max, using: &self) >> I.random(in: 0..<I(I.bitWidth - 1), using: &self)
        default: I.random(in: .min ... .max, using: &self)
        }
    }

    /// Any finite double: whole, short decimals, random bits, subnormal, and the limits.
    mutating func double() -> Double {
        switch Int.random(in: 0..<7, using: &self) {
        case 0: return Double(integer(Int32.self))
        case 1: return Double(integer(Int32.self)) / 1000
        case 2: return Double(bitPattern: next() & 0x800F_FFFF_FFFF_FFFF)
        case 3: return Double(integer(Int64.self))
        case 4:
            return [
                0, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -.leastNormalMagnitude, 1e16, 1e15,
                9_007_199_254_740_992, 0.1, 1e22, 1e23,
            ].randomElement(using: &self) ?? 0
        default:
            let value = Double(bitPattern: next())
            return value.isFinite ? value : 1.5
        }
    }

    mutating func float() -> Float {
        let value = chance(2) ? Float(bitPattern: UInt32(truncatingIfNeeded: next())) : Float(integer(Int16.self)) / 8
        return value.isFinite ? value : .leastNonzeroMagnitude
    }

    mutating func string() -> String {
        let ranges: [ClosedRange<UInt32>] = [
            0x61...0x7A, 0x20...0x7E, 0x00...0x1F, 0x22...0x22, 0x5C...0x5C,
            0x2F...0x2F, 0x7F...0x2FF, 0x2028...0x2029, 0xE000...0xFFFF, 0x1F600...0x1F64F, 0x10FFF0...0x10FFFF,
        ]
        let onlyLetters = chance(2)
        var string = ""
        for _ in 0..<Int.random(in: 0...(chance(20) ? 200 : 20), using: &self) {
            let range = onlyLetters ? 0x61...0x7A : ranges[Int.random(in: 0..<ranges.count, using: &self)]
            if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &self)) {
                string.unicodeScalars.append(scalar)
            }
        }
        return string
    }

    mutating func leaf() -> RandomRecord.Leaf {
        .init(text: string(), flag: chance(2) ? chance(2) : nil, amount: chance(2) ? double() : nil)
    }

    mutating func shape(depth: Int = 3) -> RandomRecord.Shape {
        switch Int.random(in: 0..<(depth > 0 ? 4 : 3), using: &self) {
        case 0: .point
        case 1: .circle(radius: double())
        case 2: .pair(integer(), chance(2) ? string() : nil)
        default: .group(of: list { $0.shape(depth: depth - 1) })
        }
    }

    mutating func record(depth: Int = 2) -> RandomRecord {
        RandomRecord(
            name: string(),
            limits: .init(
                i8: integer(), i16: integer(), i32: integer(), i64: integer(), int: integer(),
                u8: integer(), u16: integer(), u32: integer(), u64: integer(), uint: integer()
            ),
            double: double(), float: float(), leaf: leaf(), optionalLeaf: chance(2) ? leaf() : nil,
            leaves: list { $0.leaf() }, strings: list { $0.string() }, integers: list(6) { $0.integer() },
            doubles: list { $0.double() }, flags: list { $0.chance(2) },
            optionals: list { $0.chance(2) ? $0.integer() : nil }, matrix: list { $0.list { $0.integer() } },
            byName: Dictionary(list { ($0.string(), $0.leaf()) }) { first, _ in first },
            counts: Dictionary(list(chance(10) ? 25 : 3) { ($0.string(), $0.integer()) }) { first, _ in first },
            texts: Dictionary(list { ($0.string(), $0.string()) }) { first, _ in first },
            byNumber: Dictionary(list(chance(10) ? 25 : 3) { ($0.integer(), $0.float()) }) { first, _ in first },
            bySuit: Dictionary(list { ($0.chance(2) ? .hearts : .quoted, $0.integer()) }) { first, _ in first },
            suit: RandomRecord.Suit.allCases.randomElement(using: &self) ?? .empty,
            rank: chance(2) ? .high : nil, shape: shape(),
            date: Date(timeIntervalSinceReferenceDate: double()), set: Set(list { $0.integer() }),
            children: depth > 0 && chance(3) ? list(2) { $0.record(depth: depth - 1) } : []
        )
    }
}
