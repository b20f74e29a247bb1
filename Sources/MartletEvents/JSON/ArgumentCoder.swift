// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// Turns one event argument into JSON text and back.
///
/// The default is ``JSONArgumentCoder``. Another one, for instance over Foundation's `JSONEncoder` and `JSONDecoder`,
/// gives dates, data and key strategies their Foundation forms.
///
/// A coder is called on the event loop of the socket, and by every thread that emits: it has no state of its own.
public protocol ArgumentCoder: Sendable {
    /// Appends the JSON text of `value` to `buffer`.
    ///
    /// Binary inside the value is appended to `attachments` instead, and stands in the text as
    /// `{"_placeholder":true,"num":i}`, i its index there (Socket.IO protocol 5, "Packet encoding").
    /// - Throws: what the value's `encode(to:)` throws, or an `EncodingError`.
    func encode<T: Encodable>(_ value: T, into buffer: inout ByteBuffer, attachments: inout [ByteBuffer]) throws

    /// The value of type `T` that `json`, the text of exactly one argument, stands for.
    /// - Parameters:
    ///   - type: `T` itself.
    ///   - json: UTF-8 text of one JSON value; it came from a peer and may be anything.
    ///   - attachments: the packet's binary attachments, which placeholders in `json` name by index.
    /// - Throws: what `T.init(from:)` throws, or a `DecodingError`.
    func decode<T: Decodable>(_ type: T.Type, from json: ByteBuffer, attachments: [ByteBuffer]) throws -> T
}
