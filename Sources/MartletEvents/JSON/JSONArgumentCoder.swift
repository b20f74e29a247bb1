// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// The default coder of event arguments: JSON through `Codable`, without Foundation.
///
/// `ByteBuffer` and `[UInt8]` travel as binary attachments wherever they stand in a value.
/// Everything else follows Foundation's `JSONEncoder` and `JSONDecoder` with their default settings, except that
/// keys keep the order in which they were encoded and `/` is not escaped. Non-finite numbers throw.
public struct JSONArgumentCoder: ArgumentCoder {
    public init() {}

    public func encode<T: Encodable>(
        _ value: T, into buffer: inout ByteBuffer, attachments: inout [ByteBuffer]
    ) throws {
        try ArgumentEncoder.encode(value, into: &buffer, attachments: &attachments)
    }

    public func decode<T: Decodable>(
        _ type: T.Type, from json: ByteBuffer, attachments: [ByteBuffer]
    ) throws -> T {
        try ArgumentDecoder.decode(type, from: json, attachments: attachments)
    }
}
