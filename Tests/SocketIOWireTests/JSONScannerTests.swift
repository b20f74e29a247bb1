// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MartletTestSupport
import NIOCore
import Testing

@testable import SocketIOWire

@Suite struct JSONScannerTests {
    private func validate(_ text: String, maxDepth: Int = 512) throws(JSONFault) -> JSONKind {
        try JSONScanner.validate(ByteBuffer(text).asSlice, maxDepth: maxDepth)
    }

    @Test(arguments: [
        ("{}", JSONKind.object), ("[]", .array), ("\"\"", .string), ("0", .number), ("-0.5e+10", .number),
        ("true", .bool), ("false", .bool), ("null", .null), (" \t\r\n[ 1 , 2 ]\n", .array),
        ("{ \"a\" : { } , \"a\" : [ ] }", .object),
        ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uD83d\"", .string), ("1E5", .number), ("10", .number),
        ("[[],[[]],{}]", .array),
        ("\"\u{7f}\u{2028}\"", .string), ("123456789012345678901234567890", .number),
    ])
    func validTextIsTaken(text: String, kind: JSONKind) throws {
        #expect(try validate(text) == kind)
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "]", "\"", "[}", "{]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}", "{1:1}", "{,}", "01", "-01", "1.", ".5", "1.e1", "1e", "1e+", "+1", "-", "--1", "0x1", "1_0", "NaN",
        "Infinity",
        "tru", "True", "nul", "nulll", "truefalse", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\", "\"\\\"", "\"\t\"",
        "\"\n\"",
        "'a'", "[1]x", "[1][2]", "1 2", "\u{feff}[]", "[1\u{a0}]", "//", "[]//", "\"a\"\"b\"", "[\"a\":1]", "{\"a\",1}",
        "\u{0}", "[\u{0}]",
    ])
    func anythingElseIsRefused(text: String) {
        #expect(throws: JSONFault.malformed) { try validate(text) }
    }

    @Test func everyCutOfATextIsRefused() {
        let text = Array("[\"a\\u0041\\n\",{\"b\":[1.5e-3,true,false,null,{}],\"c\":\"\"},[[]]]".utf8)
        for end in 0..<text.count {
            #expect(throws: JSONFault.malformed) { try JSONScanner.validate(ByteBuffer(bytes: text[..<end])) }
        }
    }

    @Test func nestingOfAnyMixtureIsFollowedPastEveryWordOfItsStack() throws {
        var random = SeededGenerator(seed: 12)
        for depth in [1, 2, 63, 64, 65, 66, 127, 128, 129, 200, 511, 512] {
            for _ in 0..<20 {
                var head = ""
                var tail: [String] = []
                for _ in 0..<depth {
                    if Bool.random(using: &random) {
                        head += "[0,"
                        tail.append(",1]")
                    } else {
                        head += "{\"a\":0,\"b\":"
                        tail.append(",\"c\":1}")
                    }
                }
                let text = head + "2" + tail.reversed().joined()
                _ = try validate(text)
                #expect(throws: JSONFault.tooDeep) { try validate(text, maxDepth: depth - 1) }
                // With two neighbours of different kind exchanged the brackets cross.
                if let index = tail.indices.dropLast().first(where: { tail[$0] != tail[$0 + 1] }) {
                    tail.swapAt(index, index + 1)
                    let crossed = head + "2" + tail.reversed().joined()
                    #expect(throws: JSONFault.malformed) { try validate(crossed) }
                }
            }
        }
    }

    @Test func agreesWithFoundationOnRandomMutations() {
        var random = SeededGenerator(seed: 13)
        let seeds = [
            "[\"echo\",{\"a\":[1,2.5,-3e10,true,false,null],\"b\":\"x\\n\\u0041\"},\"\"]", "{\"k\":{\"l\":[[],{}]}}",
            "[1,[2,[3,\"4\"]]]", " [ 0 , -1 ] ",
        ]
        let telling = Array("\"\\{}[],:019.-eE+tfnu a".utf8)
        var agreed = 0
        for _ in 0..<10_000 {
            var bytes = Array((seeds.randomElement(using: &random) ?? "").utf8)
            for _ in 0..<Int.random(in: 1..<4, using: &random) where !bytes.isEmpty {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                let byte = telling.randomElement(using: &random) ?? 0
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = byte
                case 1: bytes.remove(at: index)
                default: bytes.insert(byte, at: index)
                }
            }
            let ours = (try? JSONScanner.validate(ByteBuffer(bytes: bytes))) != nil
            let theirs = (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
            if ours == theirs {
                agreed += 1
            } else if !isKnownDifference(bytes, ours: ours) {
                Issue.record("ours \(ours), Foundation \(theirs): \(String(decoding: bytes, as: UTF8.self))")
            }
        }
        #expect(agreed > 9_500)
    }

    /// Foundation refuses numbers that no Double holds, and lone surrogates, both of which RFC 8259's grammar has;
    /// it takes a comma before a closing bracket, which the grammar has not.
    private func isKnownDifference(_ bytes: [UInt8], ours: Bool) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        return ours ? text.contains("\\u") || text.contains(/[eE][+-]?\d{3,}/) : text.contains(/,\s*[\]}]/)
    }
}
