// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// Turns one event argument into JSON text and back.
///
/// The default is ``JSONArgumentCoder``. Another coder, for instance on top of Foundation's `JSONEncoder` and
/// `JSONDecoder`, gives dates, data and key strategies their Foundation forms.
///
/// A coder is called on the event loop of the socket, and on every thread that emits, so it must have no mutable state.
public protocol ArgumentCoder: Sendable {
    /// Appends the JSON text of `value` to `buffer`.
    ///
    /// Binary data in the value is appended to `attachments` instead; in the text `{"_placeholder":true,"num":i}`
    /// stands for it, i its index in `attachments` (Socket.IO protocol 5, "Packet encoding").
    /// - Throws: what the value's `encode(to:)` throws, or an `EncodingError`.
    func encode<T: Encodable>(_ value: T, into buffer: inout ByteBuffer, attachments: inout [ByteBuffer]) throws

    /// Decodes a value of type `T` from `json`, the text of exactly one argument.
    /// - Parameters:
    ///   - type: `T` itself.
    ///   - json: UTF-8 text of one JSON value. It came from a peer and may contain anything.
    ///   - attachments: the packet's binary attachments, which placeholders in `json` name by index.
    /// - Throws: what `T.init(from:)` throws, or a `DecodingError`.
    func decode<T: Decodable>(_ type: T.Type, from json: ByteBuffer, attachments: [ByteBuffer]) throws -> T
}
