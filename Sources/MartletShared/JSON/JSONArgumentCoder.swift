// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// The default coder of event arguments: JSON through `Codable`, without Foundation.
///
/// `ByteBuffer` and `[UInt8]` travel as binary attachments wherever they stand in a value.
/// Everything else follows Foundation's `JSONEncoder` and `JSONDecoder` with their default settings, except that
/// keys keep the order in which they were encoded and `/` is not escaped. Types for which those two make an exception
/// (`Decimal`, `URL`) are written as their own `Codable` conformance says, unless there is a ``Form`` for them; `Data` is
/// binary data.
///
/// ```swift
/// configuration.coder = JSONArgumentCoder(
///     forms: [
///         .iso8601(epoch: Date(timeIntervalSince1970: 0)),
///         .number(Decimal.self) { Decimal(string: $0) },
///     ],
///     keys: .snakeCase
/// )
/// ```
public struct JSONArgumentCoder: ArgumentCoder {
    /// What is not the default; nil if nothing is.
    private let options: JSONOptions?

    /// - Parameters:
    ///   - forms: how values of certain types are written and read, wherever they stand. Of two forms for one type the
    ///     last counts.
    ///   - keys: how the keys of keyed containers are written and read.
    ///   - binary: how binary data is written and read.
    ///   - nonFiniteNumbers: what becomes of infinities and of NaN.
    public init(
        forms: [Form] = [],
        keys: Keys = .unchanged,
        binary: Binary = .attachments,
        nonFiniteNumbers: NonFiniteNumbers = .refused
    ) {
        self.options = JSONOptions(forms: forms, keys: keys, binary: binary, nonFiniteNumbers: nonFiniteNumbers)
    }

    public func encode<T: Encodable>(
        _ value: T, into buffer: inout ByteBuffer, attachments: inout [ByteBuffer]
    ) throws {
        try ArgumentEncoder.encode(value, into: &buffer, attachments: &attachments, self.options)
    }

    public func decode<T: Decodable>(
        _ type: T.Type, from json: ByteBuffer, attachments: [ByteBuffer]
    ) throws -> T {
        try ArgumentDecoder.decode(type, from: json, attachments: attachments, self.options)
    }

    /// How the keys of keyed containers are written and read.
    public enum Keys: Sendable {
        /// As the types have them.
        case unchanged
        /// As Foundation's `convertToSnakeCase` and `convertFromSnakeCase` do: `firstName` is written as `first_name`,
        /// and `first_name` is read as `firstName`. The keys of dictionaries stay as they are.
        case snakeCase
    }

    /// How binary data is written and read: `ByteBuffer`, `[UInt8]` and Foundation's `Data`.
    public enum Binary: Sendable {
        /// As a binary attachment of the packet.
        case attachments
        /// As a string in Base64 (RFC 4648, section 4). Attachments are read as well.
        case base64
    }

    /// What becomes of infinities and of NaN, which JSON does not have.
    public enum NonFiniteNumbers: Sendable {
        /// An `EncodingError` is thrown.
        case refused
        /// Strings stand for them.
        case strings(infinity: String, negativeInfinity: String, nan: String)
    }
}
