// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MartletShared
import MartletTestSupport
import NIOCore
import Testing

@Suite struct JSONPropertyTests {
    /// Another seed finds other values: `MARTLET_SEED=7 swift test`.
    static let seed = ProcessInfo.processInfo.environment["MARTLET_SEED"].flatMap(UInt64.init) ?? 20_261_121

    /// Ten thousand records in all, each of dozens of values and some nested, in chunks that run in parallel.
    @Test(arguments: 0..<10)
    func ourTextAndFoundationsMeanTheSameToBoth(chunk: Int) throws {
        var generator = SeededGenerator(seed: Self.seed &+ UInt64(chunk))
        let encoder = JSONEncoder()
        let decoder = JSONDecoder()
        for number in 0..<1000 {
            let record = generator.record(depth: number % 20 == 0 ? 2 : 0)
            let ours = try encoded(record)
            let foundations = String(decoding: try encoder.encode(record), as: UTF8.self)
            let comment: Comment = "seed \(Self.seed), chunk \(chunk), record \(number)"
            try #require(try decoded(RandomRecord.self, ours) == record, comment)
            try #require(try decoded(RandomRecord.self, foundations) == record, comment)
            try #require(try decoder.decode(RandomRecord.self, from: Data(ours.utf8)) == record, comment)
        }
    }

    @Test func doublesAreWrittenAndReadToTheBit() throws {
        var generator = SeededGenerator(seed: Self.seed)
        let encoder = JSONEncoder()
        for _ in 0..<10_000 {
            let double = generator.double()
            let float = generator.float()
            let text = try encoded(double)
            try #require(text == String(decoding: try encoder.encode(double), as: UTF8.self))
            try #require(try decoded(Double.self, text).bitPattern == double.bitPattern)
            let floatText = try encoded(float as Float)
            try #require(floatText == String(decoding: try encoder.encode(float), as: UTF8.self))
            try #require(try decoded(Float.self, floatText).bitPattern == float.bitPattern)
        }
    }

    @Test func decimalsOfAnyLengthAreRoundedCorrectly() throws {
        var generator = SeededGenerator(seed: Self.seed)
        for _ in 0..<10_000 {
            var text = generator.chance(2) ? "-" : ""
            text += "\(generator.integer(UInt64.self) >> UInt64.random(in: 0..<64, using: &generator))"
            if generator.chance(2) { text += "." + generator.list(25) { "\($0.next() % 10)" }.joined() + "0" }
            if generator.chance(2) { text += "e\(Int.random(in: -40...40, using: &generator))" }
            try #require(try decoded(Double.self, text).bitPattern == Double(text)?.bitPattern, "\(text)")
            let float = Float(text) ?? .nan
            guard float.isFinite, float != 0 else { continue }
            try #require(try decoded(Float.self, text).bitPattern == float.bitPattern, "\(text)")
        }
    }

    /// A mutated text decodes, or throws what Foundation throws: neither traps.
    @Test(arguments: 0..<4)
    func mutatedTextNeverTraps(chunk: Int) throws {
        var generator = SeededGenerator(seed: Self.seed &+ UInt64(chunk))
        let interesting = Array("{}[]\",:\\u0123dDeE+-.tfn \u{0}\u{1F}\u{80}é😀".utf8)
        for _ in 0..<500 {
            var bytes = Array(try encoded(generator.record(depth: 0)).utf8)
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                let byte =
                    generator.chance(2)
                    ? interesting[Int.random(in: 0..<interesting.count, using: &generator)]
                    : UInt8(truncatingIfNeeded: generator.next())
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[position] = byte
                case 1: bytes.insert(byte, at: position)
                case 2: bytes.remove(at: position)
                default: bytes.removeSubrange(position..<min(bytes.count, position + 5))
                }
                if bytes.isEmpty { bytes = [byte] }
            }
            _ = try? decodedBytes(RandomRecord.self, bytes)
            _ = try? decodedBytes(RandomRecord.Shape.self, bytes)
        }
    }

    @Test func everyPrefixThrows() throws {
        var generator = SeededGenerator(seed: Self.seed)
        let bytes = Array(try encoded(generator.record(depth: 0)).utf8)
        for length in 0..<bytes.count {
            #expect(throws: DecodingError.self) { try decodedBytes(RandomRecord.self, Array(bytes[..<length])) }
        }
    }
}
