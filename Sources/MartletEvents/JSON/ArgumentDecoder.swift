// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Decodes one event argument from its JSON text: what ``JSONArgumentCoder`` does.
package struct ArgumentDecoder {
    /// The value that `json` stands for. It never traps, whatever the bytes.
    /// - Parameters:
    ///   - json: the text of one argument, in UTF-8; its storage is shared, not copied.
    ///   - attachments: the packet's binary attachments.
    /// - Throws: `DecodingError` with the codes and paths of Foundation's `JSONDecoder`, or what `T` throws itself.
    package static func decode<T: Decodable>(
        _ type: T.Type, from json: ByteBuffer, attachments: [ByteBuffer]
    ) throws -> T {
        let document = try JSONDocument(json, attachments: attachments)
        return try document.value(type, at: 0) { JSONValueDecoder(document: document, index: 0) }
    }
}
