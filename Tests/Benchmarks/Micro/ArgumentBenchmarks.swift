// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MartletEvents
import NIOCore

extension Benchmark {
    static let arguments = [
        Benchmark("argument-encode") { try encodeArgument($0) },
        Benchmark("argument-encode-foundation", isOurs: false) { try encodeWithFoundation($0) },
        Benchmark("argument-decode") { try decodeArgument($0) },
        Benchmark("argument-decode-foundation", isOurs: false) { try decodeWithFoundation($0) },
    ]

    private static func encodeArgument(_ iterations: Int) throws {
        let coder = JSONArgumentCoder()
        var output = ByteBuffer()
        var attachments: [ByteBuffer] = []
        for _ in 0..<iterations {
            output.clear()
            try coder.encode(Sample.message, into: &output, attachments: &attachments)
            use(output)
        }
    }

    private static func encodeWithFoundation(_ iterations: Int) throws {
        let coder = JSONEncoder()
        for _ in 0..<iterations { use(try coder.encode(Sample.message)) }
    }

    private static func decodeArgument(_ iterations: Int) throws {
        let coder = JSONArgumentCoder()
        let json = ByteBuffer(bytes: try JSONEncoder().encode(Sample.message))
        for _ in 0..<iterations {
            let message = try coder.decode(Sample.Message.self, from: json, attachments: [])
            guard message.author.id == Sample.message.author.id else { throw Unexpected("another message") }
        }
    }

    private static func decodeWithFoundation(_ iterations: Int) throws {
        let coder = JSONDecoder()
        let json = try JSONEncoder().encode(Sample.message)
        for _ in 0..<iterations {
            let message = try coder.decode(Sample.Message.self, from: json)
            guard message.author.id == Sample.message.author.id else { throw Unexpected("another message") }
        }
    }
}
