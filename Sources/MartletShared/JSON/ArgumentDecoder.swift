// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import JSONGrammar
package import NIOCore

/// Decodes one event argument from its JSON text, for ``JSONArgumentCoder``.
package struct ArgumentDecoder {
    /// Decodes the value of `json`. This never traps, whatever the bytes are.
    /// - Parameters:
    ///   - json: the text of one argument, in UTF-8; its storage is shared, not copied.
    ///   - attachments: the packet's binary attachments.
    /// - Throws: `DecodingError` with the codes and paths of Foundation's `JSONDecoder`, or what `T` throws itself.
    package static func decode<T: Decodable>(
        _ type: T.Type, from json: ByteBuffer, attachments: [ByteBuffer], _ options: JSONOptions? = nil
    ) throws -> T {
        let tape = try scan(json)
        // Scalars and arrays of scalars need no decoder. If a decoder is made, it owns the tape and retains the text.
        var root: JSONValueDecoder?
        defer { withExtendedLifetime(json) { if root == nil { tape.entries.deallocate() } } }
        return try tape.value(type, at: 0) {
            if let root { return root }
            let decoder = JSONValueDecoder(tape: tape, text: json, attachments: attachments, options)
            root = decoder
            return decoder
        }
    }

    /// - Throws: `DecodingError.dataCorrupted` if the text is not exactly one JSON value in UTF-8.
    private static func scan(_ text: ByteBuffer) throws -> JSONTape {
        guard let source = text.withUnsafeReadableBytes({ JSONSource($0) }), source.count > 0 else {
            throw corrupted("The text is empty.")
        }
        do {
            return try JSONTapeScanner(source: source).scan()
        } catch {
            throw corrupted("The text is not JSON at byte \(error.offset): \(error.message)")
        }
    }

    private static func corrupted(_ description: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: [], debugDescription: description))
    }
}
