// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import NIOCore
import Testing

@testable import MartletRedis

/// All values of a text, which comes in pieces of a size.
func decode(
    _ text: String,
    piece: Int = .max,
    limits: RESPLimits = RESPLimits()
) throws(RESPError) -> [RESPValue] {
    try decode(Array(text.utf8), piece: piece, limits: limits)
}

func decode(_ bytes: [UInt8], piece: Int, limits: RESPLimits = RESPLimits()) throws(RESPError) -> [RESPValue] {
    var decoder = RESPDecoder(limits: limits)
    var values: [RESPValue] = []
    var rest = bytes[...]
    while !rest.isEmpty {
        decoder.append(ByteBuffer(bytes: rest.prefix(piece)))
        rest = rest.dropFirst(piece)
        while let value = try decoder.next() { values.append(value) }
    }
    return values
}

extension RESPValue {
    static func text(_ text: String) -> RESPValue { .bulk(ByteBuffer(string: text)) }
}

struct RESPDecoderTests {
    static let values: [(String, RESPValue)] = [
        ("+OK\r\n", .simple(ByteBuffer(string: "OK"))), ("+\r\n", .simple(ByteBuffer())),
        ("-ERR no\r\n", .error("ERR no")), ("!6\r\nERR\r\nx\r\n", .error("ERR\r\nx")),
        (":0\r\n", .integer(0)), (":-9223372036854775808\r\n", .integer(.min)), (":+7\r\n", .integer(7)),
        ("$0\r\n\r\n", .text("")), ("$5\r\na\r\nb\0\r\n", .text("a\r\nb\0")), ("$-1\r\n", .null), ("*-1\r\n", .null),
        ("_\r\n", .null), ("#t\r\n", .boolean(true)), ("#f\r\n", .boolean(false)), (",1.5\r\n", .double(1.5)),
        (",-inf\r\n", .double(-.infinity)),
        (
            "(-3492890328409238509324850943850943825024385\r\n",
            .bigNumber("-3492890328409238509324850943850943825024385")
        ),
        ("=8\r\ntxt:Some\r\n", .verbatim(format: "txt", ByteBuffer(string: "Some"))),
        ("*0\r\n", .array([])), ("*2\r\n:1\r\n*1\r\n$1\r\na\r\n", .array([.integer(1), .array([.text("a")])])),
        ("~2\r\n:1\r\n:2\r\n", .set([.integer(1), .integer(2)])), ("%0\r\n", .map([])),
        (
            "%1\r\n+key\r\n%1\r\n:1\r\n_\r\n",
            .map([.simple(ByteBuffer(string: "key")), .map([.integer(1), .null])])
        ),
        (">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n", .push([.text("message"), .text("c"), .text("m")])),
        ("|1\r\n+ttl\r\n:3\r\n:5\r\n", .integer(5)), ("|0\r\n:5\r\n", .integer(5)),
        ("*2\r\n:1\r\n|1\r\n+ttl\r\n*1\r\n:3\r\n:2\r\n", .array([.integer(1), .integer(2)])),
    ]

    @Test(arguments: values) func valuesAreRead(_ text: String, _ value: RESPValue) throws {
        #expect(try decode(text) == [value])
    }

    @Test func anySplitGivesTheSame() throws {
        let text = Self.values.map(\.0).joined()
        let values = Self.values.map(\.1)
        for piece in 1...text.utf8.count { #expect(try decode(text, piece: piece) == values) }
    }

    @Test func nanIsANumber() throws {
        guard case .double(let number) = try decode(",nan\r\n").first else { throw RESPError.malformedLine }
        #expect(number.isNaN)
    }

    @Test(arguments: [
        ("?\r\n", RESPError.unknownType(0x3F)), ("\r\n", .malformedLine), ("\n", .malformedLine),
        (":1\n", .malformedLine), (":\r\n", .malformedLine), (":1x\r\n", .malformedLine), (":-\r\n", .malformedLine),
        (":9223372036854775808\r\n", .malformedLine), ("$-2\r\n", .malformedLine), ("$?\r\n", .malformedLine),
        ("%-1\r\n", .malformedLine), ("$1\r\nab\r\n", .malformedString), ("=3\r\ntxt\r\n", .malformedString),
        ("=4\r\ntxtx\r\n", .malformedString), ("#x\r\n", .malformedLine), ("_x\r\n", .malformedLine),
        (",x\r\n", .malformedLine), ("(--1\r\n", .malformedLine), ("(\r\n", .malformedLine),
        ("*1\r\n>1\r\n:1\r\n", .nestedPush), ("$9999999999999999999\r\n", .malformedLine),
        ("$99999999999\r\n", .valueTooLong), ("*2147483647\r\n", .valueTooLong), ("%2147483647\r\n", .valueTooLong),
    ])
    func errorsAreFound(_ text: String, _ error: RESPError) {
        #expect(throws: error) { try decode(text) }
        #expect(throws: error) { try decode(text, piece: 1) }
    }

    @Test func limitsHold() throws {
        let limits = RESPLimits(value: 1000)
        #expect(try decode("$900\r\n\(String(repeating: "a", count: 900))\r\n", limits: limits).count == 1)
        #expect(throws: RESPError.valueTooLong) { try decode("$1000\r\n", limits: limits) }
        // Each element takes memory, even where its text is short.
        let numbers = String(repeating: ":1\r\n", count: 31)
        #expect(throws: RESPError.valueTooLong) { try decode("*31\r\n\(numbers)", limits: limits) }
        #expect(try decode("*30\r\n\(numbers)", limits: limits).count == 2)
        // Each value has the limit for itself.
        #expect(
            try decode(String(repeating: "$900\r\n\(String(repeating: "a", count: 900))\r\n", count: 3), limits: limits)
                .count == 3)
        let deep = String(repeating: "*1\r\n", count: 33)
        #expect(throws: RESPError.nestingTooDeep) { try decode(deep) }
        #expect(throws: RESPError.lineTooLong) { try decode("+" + String(repeating: "a", count: 70_000), piece: 1000) }
        #expect(throws: RESPError.lineTooLong) { try decode("+" + String(repeating: "a", count: 70_000) + "\r\n") }
    }

    @Test func randomBytesDoNotTrap() {
        var generator = SeededGenerator(seed: 1)
        let alphabet = Array("+-:$*%~>|=!#,(_0123456789\r\n\r\n\r\ntxt:ainf".utf8)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<60, using: &generator)
            let bytes = (0..<count).map { _ in
                Bool.random(using: &generator)
                    ? alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                    : UInt8.random(in: 0...255, using: &generator)
            }
            let whole = Result { () throws(RESPError) in try decode(bytes, piece: .max) }
            let split = Result { () throws(RESPError) in try decode(bytes, piece: 1) }
            switch (whole, split) {
            case (.success(let whole), .success(let split)): #expect("\(whole)" == "\(split)")
            case (.failure(let whole), .failure(let split)): #expect(whole == split)
            default: Issue.record("\(bytes): \(whole), \(split)")
            }
        }
    }

    /// Were all bytes copied or searched at each piece, this would take minutes.
    @Test func aLongStringInSmallPiecesTakesLinearTime() throws {
        let length = 8 << 20
        var decoder = RESPDecoder()
        decoder.append(ByteBuffer(string: "$1\r\na\r\n$\(length)\r\n"))
        #expect(try decoder.next() == .text("a"))
        let piece = ByteBuffer(repeating: UInt8(ascii: "\n"), count: 64)
        for _ in 0..<length / 64 {
            #expect(try decoder.next() == nil)
            decoder.append(piece)
        }
        decoder.append(ByteBuffer(string: "\r\n"))
        #expect(try decoder.next()?.bytes?.readableBytes == length)
        #expect(decoder.waitingBytes == 0)
    }

    @Test func fieldsOfMapsAreFound() throws {
        let map = try #require(try decode("%2\r\n+a\r\n:1\r\n$1\r\nb\r\n+x\r\n").first)
        #expect(map[key: "a"]?.integer == 1)
        #expect(map[key: "b"]?.string == "x")
        #expect(map[key: "c"] == nil)
        #expect(try decode("*3\r\n+a\r\n:1\r\n+b\r\n").first?[key: "b"] == nil)
    }

    @Test func commandsAreArraysOfStrings() throws {
        let command = RedisCommand("SET", "key", .bytes(ByteBuffer(string: "a\r\nb")), "PX", 1200)
        #expect(
            String(buffer: command.bytes)
                == "*5\r\n$3\r\nSET\r\n$3\r\nkey\r\n$4\r\na\r\nb\r\n$2\r\nPX\r\n$4\r\n1200\r\n")
        let long = String(repeating: "é", count: 617)
        #expect(
            try decode(Array(RedisCommand(.string(long)).bytes.readableBytesView), piece: 7) == [.array([.text(long)])])
    }
}
