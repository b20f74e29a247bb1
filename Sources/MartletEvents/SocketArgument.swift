// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// One argument of an event, not decoded: its JSON text, and the binary attachments of the packet that it came in.
///
/// As a handler's argument it costs one copy of its text, and it can be sent on as it is, which costs another one:
/// nothing is parsed. It owns its memory, so it may be kept.
public struct SocketArgument: Sendable {
    /// The argument's JSON text.
    let bytes: [UInt8]
    /// The attachments of the whole packet.
    public let attachments: [ByteBuffer]

    /// - Parameter bytes: the text of one JSON value.
    init(_ bytes: [UInt8], attachments: [ByteBuffer] = []) {
        self.bytes = bytes
        self.attachments = attachments
    }

    /// The argument's JSON text, copied. Binary in it is `{"_placeholder":true,"num":i}`, i an index of
    /// ``attachments``.
    public var json: ByteBuffer { ByteBuffer(bytes: self.bytes) }

    /// `{}`.
    public static let emptyObject = SocketArgument(Array("{}".utf8))
    /// `null`.
    public static let null = SocketArgument(Array("null".utf8))

    /// Encodes a value once, to be sent any number of times.
    public init(encoding value: some Encodable, using coder: any ArgumentCoder = JSONArgumentCoder()) throws {
        var json = ByteBuffer()
        var attachments: [ByteBuffer] = []
        try coder.encode(value, into: &json, attachments: &attachments)
        self.init(Array(json.readableBytesView), attachments: attachments)
    }

    /// The value that the argument stands for.
    /// - Throws: a `DecodingError` when it is not of that type.
    public func decode<Value: Decodable>(
        as type: Value.Type = Value.self,
        using coder: any ArgumentCoder = JSONArgumentCoder()
    ) throws -> Value {
        if type == SocketArgument.self, let value = self as? Value { return value }
        return try coder.decode(type, from: self.json, attachments: self.attachments)
    }
}

extension SocketArgument: CustomStringConvertible {
    /// The JSON text.
    public var description: String { String(decoding: self.bytes, as: UTF8.self) }
}

extension SocketArgument: Codable {
    /// Takes any JSON value, also within another one. Needs ``JSONArgumentCoder``.
    public init(from decoder: any Decoder) throws {
        let raw = try RawJSON(from: decoder)
        self.init(Array(raw.json.readableBytesView), attachments: raw.attachments)
    }

    public func encode(to encoder: any Encoder) throws {
        try RawJSON(json: self.json, attachments: self.attachments).encode(to: encoder)
    }
}
