// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import MartletClientEngine

struct EventStreamParserTests {
    private static func events(_ pieces: [[UInt8]], limit: Int = 1000) throws -> [String] {
        var parser = EventStreamParser(maxEventBytes: limit)
        var events: [String] = []
        for piece in pieces {
            parser.feed(ByteBuffer(bytes: piece))
            while let data = try parser.next() { events.append(String(buffer: data)) }
        }
        return events
    }

    /// Every way to cut a stream in two, and into single bytes.
    @Test func howeverItIsCutAStreamIsTheSame() throws {
        let text =
            "\u{feff}data: a\n\n: comment\n\ndata:b\rdata: c\r\rdata\ndata:  d\r\n\r\nevent: x\nid: 1\ndataset: no\n\n"
            + "data: é😀\n\r\ndata: cut"
        let expected = ["a", "b\nc", "\n d", "é😀"]
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            #expect(try Self.events([Array(bytes[..<cut]), Array(bytes[cut...])]) == expected)
        }
        #expect(try Self.events(bytes.map { [$0] }) == expected)
    }

    /// A byte order mark is one at the very beginning only.
    @Test func aMarkWithinTheStreamIsPartOfALine() throws {
        #expect(try Self.events([Array("\n\u{feff}data: a\n\ndata: b\n\n".utf8)]) == ["b"])
        #expect(try Self.events([Array("\u{feff}\ndata: a\n\n".utf8)]) == ["a"])
    }

    @Test func anEventIsBounded() throws {
        let line = Array("data: 12345678\n".utf8)
        #expect(try Self.events([line + [0x0a]], limit: 8) == ["12345678"])
        #expect(throws: ClientError.self) { try Self.events([line, line, [0x0a]], limit: 16) }
        #expect(throws: ClientError.self) { try Self.events([Array(repeating: 65, count: 17)], limit: 16) }
    }
}
