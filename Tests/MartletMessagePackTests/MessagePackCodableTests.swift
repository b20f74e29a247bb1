// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletMessagePack
import NIOCore
import Testing

/// Types that encode and decode themselves.
struct MessagePackCodableTests {
    private enum Key: String, CodingKey, CaseIterable {
        case a, b, c, d
    }

    private struct Record: Codable, Equatable {
        enum Suit: String, Codable {
            case hearts
        }
        indirect enum Shape: Codable, Equatable {
            case point
            case pair(Int, String?)
            case group([Shape])
        }

        var text = "é"
        var i8 = Int8.min, i16 = Int16.min, i32 = Int32.min, i64 = Int64.min
        var u8 = UInt8.max, u16 = UInt16.max, u32 = UInt32.max, u64 = UInt64.max, uint = UInt.max
        var float: Float = 0.1
        var double = 0.1
        var bytes: [UInt8] = [1, 2]
        var buffer = ByteBuffer(string: "binary")
        var absent: Int?
        var present: Int? = 4
        var suit = Suit.hearts
        var shape = Shape.group([.point, .pair(1, nil), .pair(2, "two")])
        var bools = [true, false]
        var optionals: [Int?] = [1, nil]
        var matrix: [[UInt16]] = [[], [1, 2]]
        var byNumber: [Int: String] = [4: "four", -1: "less"]
        var byName: [String: [Double]] = ["x": [.infinity, 1]]
    }

    @Test func aRecordOfEverythingComesBack() throws {
        #expect(try decoded(Record.self, encoded(Record())) == Record())
        #expect(try decoded([Record].self, encoded([Record(), Record()])) == [Record(), Record()])
    }

    @Test func mapsHaveStringsForKeysInTheOrderOfEncoding() throws {
        struct Pair: Encodable {
            var b = 1
            var a = [Int: Bool]()
        }
        #expect(try encoded(Pair()).hex == "82a16201a16180")
        #expect(try encoded([7: true]).hex == "81a137c3")
    }

    @Test func numbersAreReadAsWhateverHoldsThem() throws {
        #expect(try decoded(Int.self, bytes("cb4008000000000000")) == 3)
        #expect(try decoded(UInt8.self, bytes("ca40400000")) == 3)
        #expect(try decoded(Double.self, bytes("d0df")) == -33)
        #expect(try decoded(Float.self, bytes("cb3fb999999999999a")) == 0.1)
        #expect(try decoded(Double.self, bytes("cb7ff8000000000000")).isNaN)
        let tooLarge = "The number is not representable as"
        #expect(failure { _ = try decoded(Int8.self, bytes("cc80")) } == ": \(tooLarge) Int8.")
        #expect(failure { _ = try decoded(UInt.self, bytes("ff")) } == ": \(tooLarge) UInt.")
        #expect(failure { _ = try decoded(Int.self, bytes("cb3ff8000000000000")) } == ": \(tooLarge) Int.")
        #expect(failure { _ = try decoded(Int.self, bytes("cb7ff0000000000000")) } == ": \(tooLarge) Int.")
        #expect(failure { _ = try decoded(Float.self, bytes("cb7fe0000000000000")) } == ": \(tooLarge) Float.")
    }

    @Test func errorsNameThePlaceAndWhatIsThere() throws {
        struct Inner: Decodable {
            var list: [Int16]
        }
        struct Outer: Decodable {
            var inner: [Inner]
        }
        let text = try encoded(["inner": [["list": [ArgumentValue.integer(1), .string("x")]]]])
        #expect(
            failure { _ = try decoded(Outer.self, text) }
                == "inner.0.list.1: Expected Int16 but found string instead.")
        #expect(
            failure { _ = try decoded(Outer.self, encoded(["inner": [[String: Int]()]])) }
                == #"inner.0: No value is associated with key "list"."#)
        #expect(
            failure { _ = try decoded(ByteBuffer.self, bytes("01")) } == ": Expected binary but found number instead.")
        #expect(failure { _ = try decoded(String.self, bytes("c0")) } == ": Expected String but found null instead.")
        #expect(
            failure { _ = try decoded([Int].self, bytes("80")) }
                == ": Expected an unkeyed container but found map instead.")
        #expect(
            failure { _ = try decoded([String: Int].self, bytes("90")) }
                == ": Expected a keyed container but found array instead.")
        #expect(failure { _ = try encoded(Silent()) } == ": Silent did not encode any value.")
    }

    private struct Silent: Encodable {
        func encode(to encoder: any Encoder) {}
    }

    @Test func ofEqualKeysTheFirstCounts() throws {
        #expect(try decoded([String: Int].self, bytes("82 a161 01 a161 02")) == ["a": 1])
        let many = (0..<20).flatMap { index in bytes("a2 6b") + [UInt8(ascii: "a") + index, index] }
        let all = bytes("de0015") + many + bytes("a26b61 63")
        #expect(try decoded([String: Int].self, all)["ka"] == 0)
        #expect(try decoded([String: Int].self, all).count == 20)
    }

    /// Nested containers that are filled while their parent goes on, and super encoders.
    private struct Nested: Encodable {
        var extra: Int

        func encode(to encoder: any Encoder) throws {
            var map = encoder.container(keyedBy: Key.self)
            var list = map.nestedUnkeyedContainer(forKey: .a)
            var inner = map.nestedContainer(keyedBy: Key.self, forKey: .b)
            try map.encode(1, forKey: .c)
            try list.encode("first")
            try inner.encode(true, forKey: .d)
            for number in 0..<self.extra { try list.encode(number) }
            var innermost = list.nestedUnkeyedContainer()
            var single = list.superEncoder().singleValueContainer()
            try single.encode("super")
            try innermost.encodeNil()
            _ = list.nestedContainer(keyedBy: Key.self)
            var last = map.superEncoder(forKey: .d).unkeyedContainer()
            try last.encode(2)
        }
    }

    @Test(arguments: [0, 20]) func nestedContainersAreFilledInAnyOrder(extra: Int) throws {
        let list: [ArgumentValue] =
            [.string("first")] + (0..<extra).map { .integer(Int64($0)) }
            + [.array([.null]), .string("super"), .object([])]
        let expected: [(String, ArgumentValue)] = [
            ("a", .array(list)), ("b", .object([.init(name: "d", value: .bool(true))])), ("c", .integer(1)),
            ("d", .array([.integer(2)])),
        ]
        #expect(
            try value(encoded(Nested(extra: extra))) == .object(expected.map { .init(name: $0.0, value: $0.1) }))
        // Within a long array, whose head grows after them.
        let many = try encoded([Nested](repeating: Nested(extra: extra), count: 20))
        #expect(try many == bytes("dc0014") + [[UInt8]](repeating: encoded(Nested(extra: extra)), count: 20).joined())
    }

    @Test func whatThrowsCanBeReplaced() throws {
        struct Failing: Encodable {
            struct Reason: Error {}
            func encode(to encoder: any Encoder) throws {
                var list = encoder.unkeyedContainer()
                try list.encode([1, 2])
                _ = list.nestedUnkeyedContainer()
                throw Reason()
            }
        }
        struct Careful: Encodable {
            func encode(to encoder: any Encoder) throws {
                var list = encoder.unkeyedContainer()
                try list.encode(1)
                do { try list.encode(Failing()) } catch { try list.encode("instead") }
                var map = list.nestedContainer(keyedBy: Key.self)
                do { try map.encode(Failing(), forKey: .a) } catch { try map.encode(2, forKey: .b) }
            }
        }
        #expect(try encoded(Careful()).hex == "9301a7696e737465616481a16202")
        var buffer = ByteBuffer(string: "kept")
        #expect(throws: Failing.Reason.self) { try MessagePackEncoding.encode([Failing()], into: &buffer) }
        #expect(buffer == ByteBuffer(string: "kept"))
    }

    @Test func misuseIsAnError() {
        struct Twice: Encodable {
            func encode(to encoder: any Encoder) throws {
                var list = encoder.unkeyedContainer()
                try list.encode(1)
                var map = encoder.container(keyedBy: Key.self)
                try map.encode(2, forKey: .a)
            }
        }
        #expect(failure { _ = try encoded(Twice()) }.contains("encoded twice"))
        #expect(failure { _ = try encoded([Twice()]) }.contains("encoded twice"))
    }

    /// Asks a decoder's containers all that they can answer.
    private struct Probe: Decodable {
        var answers: [String] = []

        init(from decoder: any Decoder) throws {
            let map = try decoder.container(keyedBy: Key.self)
            self.answers.append("\(map.allKeys.map(\.rawValue)) \(map.contains(.a)) \(map.contains(.d))")
            let absent = try map.decodeIfPresent(Int.self, forKey: .a)
            self.answers.append("\(try map.decodeNil(forKey: .a)) \(absent ?? -1)")
            self.answers.append("\(try map.superDecoder(forKey: .d).singleValueContainer().decodeNil())")
            self.answers.append("\(try map.nestedContainer(keyedBy: Key.self, forKey: .b).allKeys)")
            var list = try map.nestedUnkeyedContainer(forKey: .c)
            self.answers.append("\(list.count ?? -1) \(list.currentIndex) \(list.isAtEnd) \(try list.decodeNil())")
            self.answers.append(failure { _ = try list.decode(String.self) })
            self.answers.append("\(try list.decode(Int.self)) \(try list.decodeNil()) \(list.currentIndex)")
            self.answers.append("\(try list.nestedUnkeyedContainer().count ?? -1) \(list.isAtEnd)")
            self.answers.append(failure { _ = try list.decode(Int.self) })
        }
    }

    @Test func containersAnswerAsTheyShould() throws {
        #expect(
            try decoded(Probe.self, bytes("83 a161 c0 a162 80 a163 93 05 c0 91 01")).answers == [
                #"["a", "b", "c"] true false"#, "true -1", "true", "[]", "3 0 false false",
                "c.0: Expected String but found number instead.", "5 true 2", "1 true",
                "c.3: Unkeyed container is at end.",
            ])
    }

    @Test func anUndecodedArgumentMayBePartOfAValue() throws {
        struct Envelope: Codable {
            var name: String
            var content: SocketArgument
        }
        let content: [ArgumentValue.Member] = [
            .init(name: "b", value: .binary(ByteBuffer(bytes: [1]))), .init(name: "n", value: .integer(4)),
        ]
        let message = try encoded(["name": ArgumentValue.string("x"), "content": .object(content)])
        let envelope = try decoded(Envelope.self, message)
        #expect(envelope.content.description == #"{"b":{"_placeholder":true,"num":0},"n":4}"#)
        #expect(try decoded([String: ArgumentValue].self, encoded(envelope))["content"] == .object(content))
    }
}
