// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MartletShared
import NIOCore
import Testing

/// What a user writes who wants Foundation's dates, data and key strategies.
private struct FoundationArgumentCoder: ArgumentCoder {
    func encode<T: Encodable>(_ value: T, into buffer: inout ByteBuffer, attachments: inout [ByteBuffer]) throws {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        buffer.writeBytes(try encoder.encode(value))
    }

    func decode<T: Decodable>(_ type: T.Type, from json: ByteBuffer, attachments: [ByteBuffer]) throws -> T {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try decoder.decode(type, from: Data(json.readableBytesView))
    }
}

@Suite struct ArgumentCoderTests {
    @Test func foundationsCodersPlugIn() throws {
        let date = Date(timeIntervalSince1970: 0)
        let expected = [#""1970-01-01T00:00:00Z""#, "-978307200"]
        for (coder, text) in zip([FoundationArgumentCoder(), JSONArgumentCoder()] as [any ArgumentCoder], expected) {
            var buffer = ByteBuffer()
            var attachments: [ByteBuffer] = []
            try coder.encode(date, into: &buffer, attachments: &attachments)
            #expect(String(buffer: buffer) == text)
            #expect(try coder.decode(Date.self, from: buffer, attachments: attachments) == date)
        }
    }
}
