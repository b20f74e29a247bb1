// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// A value that is JSON text already: ``JSONArgumentCoder`` copies the text without parsing it.
///
/// A conforming type gets its `Codable` conformance from this protocol, so values of other types pay nothing for it.
/// With any other encoder or decoder, it throws.
package protocol RawJSONConvertible: Codable {
    /// Makes the value from the text of one JSON value.
    /// - Parameters:
    ///   - json: the value's text, a slice of the argument; it shares the packet's storage.
    ///   - attachments: all attachments of the packet; placeholders in `json` name them by index.
    init(json: ByteBuffer, attachments: [ByteBuffer]) throws

    /// Appends this value's text to `buffer` and its binary data to `attachments`. Placeholders in the text are
    /// numbered from `attachments.count` on.
    func write(into buffer: inout ByteBuffer, attachments: inout [ByteBuffer]) throws
}

extension RawJSONConvertible {
    package func encode(to encoder: any Encoder) throws {
        guard let encoder = encoder as? JSONValueEncoder else {
            throw EncodingError.invalidValue(
                self,
                .init(codingPath: encoder.codingPath, debugDescription: "Raw JSON needs JSONArgumentCoder.")
            )
        }
        try encoder.encodeRaw(self)
    }

    package init(from decoder: any Decoder) throws {
        guard let decoder = decoder as? JSONValueDecoder else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "Raw JSON needs JSONArgumentCoder.")
            )
        }
        self = try Self(json: decoder.text, attachments: decoder.attachments)
    }
}
