// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletMessagePack
import NIOCore

/// The bytes that a text of hexadecimal digits stands for; spaces do not count.
func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex.utf8.filter { $0 != UInt8(ascii: " ") })
    return stride(from: 0, to: digits.count, by: 2).compactMap { index in
        UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16)
    }
}

extension Sequence<UInt8> {
    var hex: String {
        self.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

func encoded(_ value: some Encodable) throws -> [UInt8] {
    var buffer = ByteBuffer()
    try MessagePackEncoding.encode(value, into: &buffer)
    return Array(buffer.readableBytesView)
}

/// Decodes from the middle of a larger buffer, as transports hand bytes over.
func decoded<T: Decodable>(_ type: T.Type = T.self, _ bytes: [UInt8]) throws -> T {
    var buffer = ByteBuffer(string: "before")
    buffer.writeBytes(bytes)
    buffer.writeString("after")
    return try MessagePackDecoding.decode(type, from: buffer.getSlice(at: 6, length: bytes.count) ?? ByteBuffer())
}

/// The codec of a server with that parser.
func makeCodec(_ parser: Parser) -> any PacketCodec {
    var configuration = SocketIOConfiguration()
    configuration.parser = parser
    return configuration.makeCodec()
}

let codec = makeCodec(.messagePack)

/// The value as other codecs get it.
func value(_ bytes: [UInt8]) throws -> ArgumentValue {
    try codec.format.decode(
        ArgumentValue.self, from: ByteBuffer(bytes: bytes), attachments: [], using: JSONArgumentCoder())
}

/// The description of the error that `body` throws.
func failure(_ body: () throws -> Void) -> String {
    func text(_ path: [any CodingKey], _ description: String) -> String {
        "\(path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")): \(description)"
    }
    do {
        try body()
        return "nothing thrown"
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
        DecodingError.keyNotFound(_, let context), DecodingError.dataCorrupted(let context)
    {
        return text(context.codingPath, context.debugDescription)
    } catch EncodingError.invalidValue(_, let context) {
        return text(context.codingPath, context.debugDescription)
    } catch {
        return "\(error)"
    }
}
