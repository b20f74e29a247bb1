// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletMessagePack
import MartletTestSupport
import NIOCore
import Testing

struct MessagePackPropertyTests {
    private static func random(_ depth: Int, _ generator: inout SeededGenerator) -> ArgumentValue {
        switch Int.random(in: 0..<(depth > 0 ? 10 : 8), using: &generator) {
        case 0: return .null
        case 1: return .bool(.random(using: &generator))
        case 2: return .integer(Int64(bitPattern: generator.next()) >> Int64.random(in: 0..<64, using: &generator))
        case 3: return .unsigned(generator.next() | 1 << 63)
        case 4: return .integer(.random(in: -200...200, using: &generator))
        case 5: return .number(Double(Int64(bitPattern: generator.next())) + 0.5 / 3)
        case 6:
            let characters = (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
                ["a", "\u{e9}", "\u{20AC}", "\u{1F600}", "\0"].randomElement(using: &generator) ?? ""
            }
            return .string(characters.joined())
        case 7: return .binary(ByteBuffer(repeating: 7, count: .random(in: 0..<300, using: &generator)))
        case 8:
            let count = Int.random(in: 0..<20, using: &generator)
            return .array((0..<count).map { _ in Self.random(depth - 1, &generator) })
        default:
            let count = Int.random(in: 0..<20, using: &generator)
            return .object((0..<count).map { .init(name: "\($0)", value: Self.random(depth - 1, &generator)) })
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func randomValuesComeBack(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let expected = Self.random(4, &generator)
        let all = try encoded(expected)
        #expect(try value(all) == expected)
        let twice = all + all
        #expect(codec.format.split(twice).map { Array($0.readableBytesView) } == [all, all])
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func whatIsCutShortAnywhereIsRefused(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let all = try encoded(ArgumentValue.array([Self.random(2, &generator), .integer(1)]))
        for length in 0..<min(all.count, 2000) {
            #expect(throws: DecodingError.self) { try decoded([ArgumentValue].self, Array(all.prefix(length))) }
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func damagedBytesAreReadOrRefused(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var all = try encoded(Self.random(3, &generator))
        for _ in 0..<3 {
            guard let index = all.indices.randomElement(using: &generator) else { break }
            all[index] = UInt8(truncatingIfNeeded: generator.next())
        }
        // What is read can be written, and is then read as the same.
        guard let first = try? value(all) else { return }
        #expect(try encoded(value(encoded(first))) == encoded(first))
    }
}
