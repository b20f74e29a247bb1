// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MartletEvents
import MartletMessagePack
import NIOCore
import Testing

/// Every format of the specification, in both directions.
struct MessagePackFormatTests {
    private static func text(_ count: Int) -> String { String(repeating: "x", count: count) }

    private static let canonical: [(String, ArgumentValue)] = [
        ("c0", .null), ("c2", .bool(false)), ("c3", .bool(true)),
        ("00", .integer(0)), ("7f", .integer(127)), ("cc80", .integer(128)), ("ccff", .integer(255)),
        ("cd0100", .integer(256)), ("cdffff", .integer(65535)), ("ce00010000", .integer(65536)),
        ("ceffffffff", .integer(4_294_967_295)), ("cf0000000100000000", .integer(4_294_967_296)),
        ("cf7fffffffffffffff", .integer(.max)), ("cf8000000000000000", .unsigned(1 << 63)),
        ("cfffffffffffffffff", .unsigned(.max)),
        ("ff", .integer(-1)), ("e0", .integer(-32)), ("d0df", .integer(-33)), ("d080", .integer(-128)),
        ("d1ff7f", .integer(-129)), ("d18000", .integer(-32768)), ("d2ffff7fff", .integer(-32769)),
        ("d280000000", .integer(-2_147_483_648)), ("d3ffffffff7fffffff", .integer(-2_147_483_649)),
        ("d38000000000000000", .integer(.min)),
        ("cb3ff8000000000000", .number(1.5)), ("cb8000000000000000", .number(-0.0)),
        ("cb7ff0000000000000", .number(.infinity)),
        ("a0", .string("")), ("a3616263", .string("abc")), ("a3e282ac", .string("\u{20AC}")),
        ("c400", .binary(ByteBuffer())), ("c40301ff00", .binary(ByteBuffer(bytes: [1, 255, 0]))),
        ("90", .array([])), ("9301a0c0", .array([.integer(1), .string(""), .null])),
        ("80", .object([])),
        (
            "82a16281a16101a16190",
            .object([
                .init(name: "b", value: .object([.init(name: "a", value: .integer(1))])),
                .init(name: "a", value: .array([])),
            ])
        ),
    ]

    @Test(arguments: Self.canonical) func eachValueHasOneShortestForm(hex: String, expected: ArgumentValue) throws {
        #expect(try value(bytes(hex)) == expected)
        #expect(try encoded(expected).hex == hex)
    }

    /// Forms that are longer than needed, which others may write.
    @Test(arguments: [
        ("cc01", ArgumentValue.integer(1)), ("cd0001", .integer(1)), ("ce00000001", .integer(1)),
        ("cf0000000000000001", .integer(1)), ("d001", .integer(1)), ("d10001", .integer(1)),
        ("d200000001", .integer(1)), ("d30000000000000001", .integer(1)), ("d0ff", .integer(-1)),
        ("ca3fc00000", .number(1.5)), ("d90161", .string("a")), ("da000161", .string("a")),
        ("db0000000161", .string("a")), ("c5000101", .binary(ByteBuffer(bytes: [1]))),
        ("c60000000101", .binary(ByteBuffer(bytes: [1]))), ("dc000101", .array([.integer(1)])),
        ("dd0000000101", .array([.integer(1)])), ("de0001a16101", .object([.init(name: "a", value: .integer(1))])),
        ("df00000001d9016101", .object([.init(name: "a", value: .integer(1))])),
        // Undefined of older JavaScript clients.
        ("d40000", .null), ("9201d40000", .array([.integer(1), .null])),
    ])
    func longerFormsAreRead(hex: String, expected: ArgumentValue) throws {
        #expect(try value(bytes(hex)) == expected)
        #expect(try decoded(ArgumentValue.self, bytes(hex)) == expected)
    }

    @Test(arguments: [
        (31, "bf"), (32, "d920"), (255, "d9ff"), (256, "da0100"), (65535, "daffff"), (65536, "db00010000"),
    ])
    func stringsOfEachLength(count: Int, head: String) throws {
        let text = Self.text(count)
        let all = try encoded(text)
        #expect(all.prefix(all.count - count).hex == head)
        #expect(try decoded(String.self, all) == text)
        #expect(try decoded([String].self, encoded([text, "b"])) == [text, "b"])
    }

    @Test(arguments: [(0, "c400"), (255, "c4ff"), (256, "c50100"), (65535, "c5ffff"), (65536, "c600010000")])
    func binaryOfEachLength(count: Int, head: String) throws {
        let binary = ByteBuffer(repeating: 7, count: count)
        let all = try encoded(binary)
        #expect(all.prefix(all.count - count).hex == head)
        #expect(try encoded(Array(binary.readableBytesView)) == all)
        #expect(try encoded(Data(binary.readableBytesView)) == all)
        #expect(try encoded([Data(binary.readableBytesView)]) == [0x91] + all)
        #expect(try decoded(Data.self, all) == Data(binary.readableBytesView))
        #expect(try decoded(ByteBuffer.self, all) == binary)
        #expect(try decoded([UInt8].self, all) == Array(binary.readableBytesView))
    }

    @Test(arguments: [(15, "9f"), (16, "dc0010"), (65535, "dcffff"), (65536, "dd00010000")])
    func arraysOfEachLength(count: Int, head: String) throws {
        let integers = try encoded([Int](repeating: 1, count: count))
        #expect(integers.prefix(integers.count - count).hex == head)
        // The length of what encodes itself is known only at its end.
        #expect(try encoded([Int8](repeating: 1, count: count)) == integers)
        #expect(try encoded(ArgumentValue.array(.init(repeating: .integer(1), count: count))) == integers)
        #expect(try decoded([Int8].self, integers) == [Int8](repeating: 1, count: count))
    }

    @Test(arguments: [(15, "8f"), (16, "de0010"), (65535, "deffff"), (65536, "df00010000")])
    func mapsOfEachLength(count: Int, head: String) throws {
        let map = Dictionary(uniqueKeysWithValues: (0..<count).map { ("k\($0)", $0) })
        let all = try encoded(map)
        #expect(all.starts(with: bytes(head)))
        #expect(try decoded([String: Int].self, all) == map)
    }

    @Test(arguments: [
        ("d5017f00", "ext of 2"), ("c70305010203", "ext 8"), ("c8000105ff", "ext 16"), ("c90000000105ff", "ext 32"),
        ("d4057f", "ext of 1"), ("d80500000000000000000000000000000000", "ext of 16"),
        ("d7000000000000000001", "a date of older JavaScript"), ("c70cff000000000000003afff44180", "the year 10000"),
        ("c70cff000000007fffffffffffffff", "the last second"),
    ])
    func extensionsAreSteppedOver(hex: String, what: String) throws {
        #expect(try value(bytes("93 01 \(hex) 02")) == .array([.integer(1), .null, .integer(2)]))
        #expect(failure { _ = try decoded(Int.self, bytes(hex)) } == ": Expected Int but found ext instead.")
        #expect(codec.format.split(bytes("\(hex) 02")).map(\.readableBytes) == [bytes(hex).count, 1])
    }

    @Test(arguments: [
        ("d6ff00000001", "1970-01-01T00:00:01.000Z"), ("d6ffffffffff", "2106-02-07T06:28:15.000Z"),
        ("d7ff3b9aca0000000001", "1970-01-01T00:00:01.250Z"),
        ("d7ffee6b27ff00000000", "2378-04-22T19:24:49.000Z"),
        ("c70cff1dcd6500ffffffffffffffff", "1969-12-31T23:59:59.500Z"),
    ])
    func timestampsAreStringsInOtherFormats(hex: String, text: String) throws {
        #expect(try value(bytes("92 \(hex) 02")) == .array([.string(text), .integer(2)]))
    }

    @Test(arguments: [
        "c1", "", "0102", "a2 ff 61", "d4", "d401", "81 01 01", "81 c0 01", "82 a1 61 01", "92 01", "91", "dc ff",
        "dd ff ff ff ff", "df ff ff ff ff", "dd 7f ff ff ff 00", "db ff ff ff ff 61", "c6 ff ff ff ff",
        "c9 ff ff ff ff 01", "a3 ed a0 80", "a2 c0 80", "81 a1 ff 01", "d6", "d5 ff 00 00",
        "d7 ff ee 6b 28 00 00 00 00 01", "c7 03 ff 01 02 03",
        "d5 00", "cd 01", "cb 00", "90 90",
    ])
    func whatIsNotOneValueIsRefused(hex: String) {
        #expect(throws: DecodingError.self) { try decoded(ArgumentValue.self, bytes(hex)) }
        #expect(throws: (any Error).self) { try value(bytes(hex)) }
        for type in [String.self, Int.self, Double.self, Bool.self, [Int].self] as [any Decodable.Type] {
            #expect(throws: DecodingError.self) { try decoded(type, bytes(hex)) }
        }
    }

    @Test func depthIsLimited() throws {
        let deepest = [UInt8](repeating: 0x91, count: 511) + [0x90]
        #expect(try encoded(value(deepest)) == deepest)
        #expect(try encoded(decoded(ArgumentValue.self, deepest)) == deepest)
        #expect(failure { _ = try decoded(ArgumentValue.self, [0x91] + deepest) } == ": Too many levels are nested.")
        let maps = [UInt8]([[UInt8]](repeating: [0x81, 0xA1, 0x61], count: 100_000).joined())
        #expect(throws: DecodingError.self) { try decoded(ArgumentValue.self, maps + [0xC0]) }
    }
}
