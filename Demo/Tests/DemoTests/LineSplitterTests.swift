// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import websocketd

@Suite("Lines of a process")
struct LineSplitterTests {
    private static func lines(_ pieces: [[UInt8]], limit: Int) throws -> [String] {
        var splitter = LineSplitter(limit: limit)
        var lines = try pieces.flatMap { try splitter.feed($0) }
        if let last = try splitter.finish() { lines.append(last) }
        return lines.map { String(buffer: $0) }
    }

    @Test("Output is cut into the same lines wherever it is divided")
    func everySplit() throws {
        let output = Array("one\n\ntwo\r\n\r\nü\rx\nlast".utf8)
        for first in 0...output.count {
            for second in first...output.count {
                let pieces = [Array(output[..<first]), Array(output[first..<second]), Array(output[second...])]
                #expect(try Self.lines(pieces, limit: 4) == ["one", "", "two", "", "ü\rx", "last"])
            }
        }
    }

    @Test("What is not UTF-8 is replaced")
    func badText() throws {
        #expect(try Self.lines([[0x61, 0xFF], [0x62, 0x0A, 0xC3]], limit: 10) == ["a\u{FFFD}b", "\u{FFFD}"])
    }

    @Test("A line that is too long is an error, with an end or without", arguments: ["\n", "\r\n", "x", ""])
    func limit(end: String) throws {
        let output = Array("abcde\(end)".utf8)
        for division in 0...output.count {
            let pieces = [Array(output[..<division]), Array(output[division...])]
            #expect(throws: LineSplitter.LineTooLong.self) { try Self.lines(pieces, limit: 4) }
        }
    }
}
