// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// One element of `Sec-WebSocket-Extensions` (RFC 6455, 9.1).
package struct WebSocketExtension: Sendable, Hashable {
    static let perMessageDeflate = "permessage-deflate"

    package struct Parameter: Sendable, Hashable {
        package var name: String
        /// Nil for a parameter without a value. A quoted value stands here without its quotes.
        package var value: String?
    }

    package var name: String
    package var parameters: [Parameter]

    /// Reads all header lines.
    /// - Returns: The elements in order, or nil when a line does not follow the grammar.
    package static func parse(_ lines: [String]) -> [WebSocketExtension]? {
        var extensions: [WebSocketExtension] = []
        for line in lines {
            var reader = Reader(rest: line.utf8[...])
            guard reader.readList(into: &extensions) else { return nil }
        }
        return extensions
    }

    /// extension = token *( ";" token [ "=" ( token | quoted-string ) ] )
    private struct Reader {
        var rest: Substring.UTF8View

        mutating func readList(into extensions: inout [WebSocketExtension]) -> Bool {
            while true {
                while skip(",") {}  // empty elements are allowed (RFC 9110, 5.6.1.2)
                if rest.isEmpty { return true }
                guard let element = readExtension() else { return false }
                extensions.append(element)
                skipBlanks()
                guard rest.isEmpty || skip(",") else { return false }
            }
        }

        private mutating func readExtension() -> WebSocketExtension? {
            guard let name = readToken() else { return nil }
            var parameters: [Parameter] = []
            while skip(";") {
                guard let name = readToken() else { return nil }
                var value: String?
                if skip("=") {
                    guard let read = readValue() else { return nil }
                    value = read
                }
                parameters.append(Parameter(name: name.lowercased(), value: value))
            }
            return WebSocketExtension(name: name.lowercased(), parameters: parameters)
        }

        private mutating func readToken() -> String? {
            skipBlanks()
            let token = rest.prefix(while: HeaderList.isTokenByte)
            rest = rest[token.endIndex...]
            return token.isEmpty ? nil : String(token)
        }

        /// A quoted value without its quotes and backslashes must be a token (9.1).
        private mutating func readValue() -> String? {
            skipBlanks()
            guard rest.first == UInt8(ascii: "\"") else { return readToken() }
            rest.removeFirst()
            var value: [UInt8] = []
            while let byte = rest.popFirst() {
                if byte == UInt8(ascii: "\"") {
                    return !value.isEmpty ? String(decoding: value, as: UTF8.self) : nil
                }
                guard let plain = byte == UInt8(ascii: "\\") ? rest.popFirst() : byte else { return nil }
                guard HeaderList.isTokenByte(plain) else { return nil }
                value.append(plain)
            }
            return nil
        }

        private mutating func skip(_ character: Unicode.Scalar) -> Bool {
            skipBlanks()
            guard rest.first == UInt8(ascii: character) else { return false }
            rest.removeFirst()
            return true
        }

        private mutating func skipBlanks() {
            rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        }
    }
}
