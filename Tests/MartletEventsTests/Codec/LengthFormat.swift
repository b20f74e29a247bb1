// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import NIOCore

/// Arguments each with its length before it, and binary within: what no reader of JSON would take.
///
/// An argument is its JSON with all bits inverted, then the attachments that the JSON refers to.
enum LengthFormat: ArgumentFormat {
    static let null: ByteBuffer = {
        var null = ByteBuffer()
        write(ByteBuffer(string: "null"), [], into: &null)
        return null
    }()

    static func split(_ arguments: [UInt8]) -> [ByteBuffer] {
        let bytes = ByteBuffer(bytes: arguments)
        return ranges(in: bytes).compactMap { bytes.getSlice(at: $0.lowerBound, length: $0.count) }
    }

    static func decode<Value: Decodable>(
        _ type: Value.Type, from argument: ByteBuffer, attachments: [ByteBuffer], using coder: any ArgumentCoder
    ) throws -> Value {
        try LengthCoder().decode(type, from: argument, attachments: attachments)
    }

    /// Where arguments lie that follow each other.
    static func ranges(in bytes: ByteBuffer) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var rest = bytes
        while let length = rest.readInteger(as: UInt32.self), rest.readSlice(length: Int(length)) != nil {
            let end = rest.readerIndex
            ranges.append((end - Int(length) - 4)..<end)
        }
        return ranges
    }

    static func write(_ json: ByteBuffer, _ attachments: [ByteBuffer], into buffer: inout ByteBuffer) {
        var body = ByteBuffer()
        body.writeInteger(UInt32(json.readableBytes))
        body.writeBytes(json.readableBytesView.map { ~$0 })
        for attachment in attachments {
            body.writeInteger(UInt32(attachment.readableBytes))
            body.writeImmutableBuffer(attachment)
        }
        buffer.writeInteger(UInt32(body.readableBytes))
        buffer.writeImmutableBuffer(body)
    }
}

struct LengthCoder: ArgumentCoder {
    func encode<T: Encodable>(_ value: T, into buffer: inout ByteBuffer, attachments: inout [ByteBuffer]) throws {
        var json = ByteBuffer()
        var own: [ByteBuffer] = []
        try JSONArgumentCoder().encode(value, into: &json, attachments: &own)
        LengthFormat.write(json, own, into: &buffer)
    }

    func decode<T: Decodable>(_ type: T.Type, from argument: ByteBuffer, attachments: [ByteBuffer]) throws -> T {
        var body = argument
        body.moveReaderIndex(forwardBy: 4)
        var parts: [ByteBuffer] = []
        while let length = body.readInteger(as: UInt32.self), let part = body.readSlice(length: Int(length)) {
            parts.append(part)
        }
        let json = ByteBuffer(bytes: (parts.first ?? ByteBuffer()).readableBytesView.map { ~$0 })
        return try JSONArgumentCoder().decode(type, from: json, attachments: Array(parts.dropFirst()))
    }
}
