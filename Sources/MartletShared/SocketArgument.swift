// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// One undecoded argument of an event: its bytes as they were received or encoded, and the binary attachments of the
/// packet.
///
/// A handler that takes a `SocketArgument` costs one copy of the bytes. Sending it on unchanged costs another copy.
/// Nothing is parsed. A `SocketArgument` owns its memory, so it may be kept.
public struct SocketArgument: Sendable {
    /// Exactly one argument, in the format in which it was received.
    @usableFromInline package let raw: RawArguments
    /// Decodes the argument if the caller names no other; `nil`: a `JSONArgumentCoder`. In a box, since few arguments have
    /// one: an existential would make each copy of an argument dearer (3 % of an echo, November 2026).
    private let coder: CoderBox?

    private final class CoderBox: Sendable {
        let coder: any ArgumentCoder

        init(_ coder: any ArgumentCoder) { self.coder = coder }
    }

    package init(_ raw: RawArguments) {
        self.raw = raw
        self.coder = nil
    }

    package init(_ raw: RawArguments, coder: any ArgumentCoder) {
        self.raw = raw
        self.coder = CoderBox(coder)
    }

    /// The attachments of the whole packet.
    public var attachments: [ByteBuffer] { self.inJSON.attachments }

    /// The argument's JSON text, copied. Binary in it is `{"_placeholder":true,"num":i}`, i an index of
    /// ``attachments``.
    public var json: ByteBuffer { ByteBuffer(bytes: self.inJSON.bytes) }

    /// `{}`.
    public static let emptyObject = SocketArgument(RawArguments(Array("{}".utf8)))
    /// `null`.
    public static let null = SocketArgument(RawArguments(Array("null".utf8)))

    /// Encodes a value once, in JSON, to be sent any number of times.
    public init(encoding value: some Encodable, using coder: any ArgumentCoder = JSONArgumentCoder()) throws {
        var json = ByteBuffer()
        var attachments: [ByteBuffer] = []
        try coder.encode(value, into: &json, attachments: &attachments)
        self.init(RawArguments(Array(json.readableBytesView), attachments: attachments))
    }

    /// The decoded value of the argument.
    /// - Parameters:
    ///   - type: `Value` itself, for calls where the compiler cannot infer it.
    ///   - coder: decodes arguments in JSON; `nil`: for the authentication data of a handshake, that
    ///     of its server; otherwise a `JSONArgumentCoder`.
    /// - Throws: a `DecodingError` when the argument is not of that type.
    public func decode<Value: Decodable>(
        as type: Value.Type = Value.self,
        using coder: (any ArgumentCoder)? = nil
    ) throws -> Value {
        if type == SocketArgument.self, let value = self as? Value { return value }
        return try self.raw.decode(type, using: coder ?? self.coder?.coder ?? JSONArgumentCoder())
    }

    /// The argument in JSON. An argument that has no form in JSON, such as a number that is not finite, becomes null.
    private var inJSON: RawArguments { (try? self.raw.inJSON()) ?? Self.null.raw }
}

extension SocketArgument: CustomStringConvertible {
    /// The JSON text.
    public var description: String { String(decoding: self.inJSON.bytes, as: UTF8.self) }
}

extension SocketArgument: Codable {
    /// Takes any value, also as a part of another value. It is kept in JSON.
    public init(from decoder: any Decoder) throws {
        guard decoder is JSONValueDecoder else {
            self = try SocketArgument(encoding: ArgumentValue(from: decoder))
            return
        }
        let raw = try RawJSON(from: decoder)
        self.init(RawArguments(Array(raw.json.readableBytesView), attachments: raw.attachments))
    }

    public func encode(to encoder: any Encoder) throws {
        guard encoder is JSONValueEncoder else {
            for value in try self.raw.values() { try value.encode(to: encoder) }
            return
        }
        try RawJSON(json: self.json, attachments: self.attachments).encode(to: encoder)
    }
}
