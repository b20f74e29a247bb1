// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MartletShared
import NIOCore
import Testing

/// Our text of a value.
func encoded<T: Encodable>(_ value: T) throws -> String {
    var buffer = ByteBuffer()
    var attachments: [ByteBuffer] = []
    try ArgumentEncoder.encode(value, into: &buffer, attachments: &attachments)
    #expect(attachments.isEmpty)
    return String(buffer: buffer)
}

/// Our value of a text. The text does not start its buffer, as in a packet.
func decoded<T: Decodable>(_ type: T.Type, _ text: String, _ attachments: [ByteBuffer] = []) throws -> T {
    try decodedBytes(type, Array(text.utf8), attachments)
}

func decoded<T: Decodable>(_ text: String, _ attachments: [ByteBuffer] = []) throws -> T {
    try decoded(T.self, text, attachments)
}

func decodedBytes<T: Decodable>(_ type: T.Type, _ text: [UInt8], _ attachments: [ByteBuffer] = []) throws -> T {
    var buffer = ByteBuffer(bytes: Array("[\"e\",".utf8) + text)
    buffer.moveReaderIndex(forwardBy: 5)
    return try ArgumentDecoder.decode(type, from: buffer, attachments: attachments)
}

/// An error's case and coding path: what programs act on. Descriptions are not compared.
func outline(_ error: any Error) -> String {
    func path(_ context: DecodingError.Context) -> String {
        context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
    }
    switch error {
    case DecodingError.typeMismatch(let type, let context): return "typeMismatch \(type) \(path(context))"
    case DecodingError.valueNotFound(let type, let context): return "valueNotFound \(type) \(path(context))"
    case DecodingError.keyNotFound(let key, let context): return "keyNotFound \(key.stringValue) \(path(context))"
    case DecodingError.dataCorrupted(let context): return "dataCorrupted \(path(context))"
    case EncodingError.invalidValue(_, let context):
        return
            "invalidValue \(context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined())"
    default: return "\(error)"
    }
}

/// What came out of `body`, comparable: the value's description or the error's outline.
func outcome<T>(_ body: () throws -> T) -> String {
    do { return "\(try body())" } catch { return outline(error) }
}
