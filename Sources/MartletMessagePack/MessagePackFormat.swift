// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletShared
internal import NIOCore

/// MessagePack values one after the other, with nothing between them.
enum MessagePackFormat: ArgumentFormat {
    static let null = ByteBuffer(bytes: [0xC0])

    static func split(_ arguments: [UInt8]) -> [ByteBuffer] {
        let buffer = ByteBuffer(bytes: arguments)
        var slices: [ByteBuffer] = []
        Self.forEach(arguments) { range in
            if let slice = buffer.getSlice(at: range.lowerBound, length: range.count) { slices.append(slice) }
        }
        return slices
    }

    /// How many arguments there are.
    static func count(_ arguments: [UInt8]) -> Int {
        var count = 0
        Self.forEach(arguments) { _ in count += 1 }
        return count
    }

    /// Calls `body` with the range of each argument.
    private static func forEach(_ arguments: [UInt8], _ body: (Range<Int>) -> Void) {
        arguments.withUnsafeBytes { bytes in
            guard let bytes = MessagePackBytes(bytes) else { return }
            var start = 0
            // The bytes were part of a packet that has been scanned, so all of them are values.
            while start < bytes.count, let end = bytes.end(of: start) {
                body(start..<end)
                start = end
            }
        }
    }

    static func decode<Value: Decodable>(
        _ type: Value.Type, from argument: ByteBuffer, attachments: [ByteBuffer], using coder: any ArgumentCoder
    ) throws -> Value {
        if type == ArgumentValue.self {
            let value = ArgumentValue(try MessagePackTape(of: argument), at: 0)
            // The types are the same, so the bits are too.
            return unsafeBitCast(value, to: Value.self)
        }
        return try MessagePackDecoding.decode(type, from: argument)
    }
}

/// Turns arguments into MessagePack and back. There are no attachments: binary data is a part of the value.
struct MessagePackCoder: ArgumentCoder {
    func encode<T: Encodable>(_ value: T, into buffer: inout ByteBuffer, attachments: inout [ByteBuffer]) throws {
        try MessagePackEncoding.encode(value, into: &buffer)
    }

    func decode<T: Decodable>(_ type: T.Type, from argument: ByteBuffer, attachments: [ByteBuffer]) throws -> T {
        try MessagePackDecoding.decode(type, from: argument)
    }
}
