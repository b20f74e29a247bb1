// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MartletEvents
import NIOCore

extension Benchmark {
    static let arguments = [
        Benchmark("argument-encode") { try encode(Sample.message, $0) },
        Benchmark("argument-encode-foundation", isOurs: false) { try encodeWithFoundation(Sample.message, $0) },
        Benchmark("argument-decode") { try decode(Sample.message, from: Sample.messageJSON, $0) },
        Benchmark("argument-decode-foundation", isOurs: false) {
            try decodeWithFoundation(Sample.message, from: Sample.messageJSON, $0)
        },
        Benchmark("argument-encode-list", iterations: 100) { try encode(Sample.list, $0) },
        Benchmark("argument-encode-list-foundation", iterations: 100, isOurs: false) {
            try encodeWithFoundation(Sample.list, $0)
        },
        Benchmark("argument-decode-list", iterations: 100) { try decode(Sample.list, from: Sample.listJSON, $0) },
        Benchmark("argument-decode-list-foundation", iterations: 100, isOurs: false) {
            try decodeWithFoundation(Sample.list, from: Sample.listJSON, $0)
        },
    ]

    private static func encode(_ value: some Encodable, _ iterations: Int) throws {
        let coder = JSONArgumentCoder()
        var output = ByteBuffer()
        var attachments: [ByteBuffer] = []
        for _ in 0..<iterations {
            output.clear()
            try coder.encode(value, into: &output, attachments: &attachments)
            use(output)
        }
    }

    private static func encodeWithFoundation(_ value: some Encodable, _ iterations: Int) throws {
        let coder = JSONEncoder()
        for _ in 0..<iterations { use(try coder.encode(value)) }
    }

    private static func decode<T: Decodable & Equatable>(_ value: T, from text: String, _ iterations: Int) throws {
        let coder = JSONArgumentCoder()
        let json = ByteBuffer(string: text)
        var decoded: T?
        for _ in 0..<iterations { decoded = try coder.decode(T.self, from: json, attachments: []) }
        guard iterations == 0 || decoded == value else { throw Unexpected("another value") }
    }

    private static func decodeWithFoundation<T: Decodable & Equatable>(
        _ value: T, from text: String, _ iterations: Int
    ) throws {
        let coder = JSONDecoder()
        let json = Data(text.utf8)
        var decoded: T?
        for _ in 0..<iterations { decoded = try coder.decode(T.self, from: json) }
        guard iterations == 0 || decoded == value else { throw Unexpected("another value") }
    }
}
