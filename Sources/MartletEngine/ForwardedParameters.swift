// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The parameters of all elements of a `Forwarded` field in a row (RFC 7239, 4):
/// `for=192.0.2.43;host=example.com, for="[2001:db8::1]:4711"`. Malformed parameters are skipped.
struct ForwardedParameters: Sequence, IteratorProtocol {
    private var rest: Substring.UTF8View

    init(_ list: String) {
        self.rest = list[...].utf8
    }

    /// - Returns: a name in lower case, and a value without its quotes.
    mutating func next() -> (name: String, value: Substring)? {
        while !self.rest.isEmpty {
            let pair = self.readPair()
            guard let sign = pair.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = Substring(pair[..<sign]).trimmingBlanks().lowercased()
            return (name, Self.unquoted(Substring(pair[pair.index(after: sign)...]).trimmingBlanks()))
        }
        return nil
    }

    /// Reads up to the next separator outside quotes.
    private mutating func readPair() -> Substring.UTF8View {
        var isQuoted = false
        var isEscaped = false
        let end = self.rest.firstIndex { byte in
            switch byte {
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\") where isQuoted: isEscaped = true
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: ";"), UInt8(ascii: ","): return !isQuoted
            default: break
            }
            return false
        }
        let pair = self.rest[..<(end ?? self.rest.endIndex)]
        self.rest = end.map { self.rest[$0...].dropFirst() } ?? self.rest[self.rest.endIndex...]
        return pair
    }

    /// The value without its quotes and the backslashes before quoted characters (RFC 9110, 5.6.4).
    private static func unquoted(_ value: Substring) -> Substring {
        guard value.utf8.count >= 2, value.utf8.first == UInt8(ascii: "\""), value.utf8.last == UInt8(ascii: "\"")
        else {
            return value
        }
        let inner = value.dropFirst().dropLast()
        guard inner.utf8.contains(UInt8(ascii: "\\")) else { return inner }
        var isEscaped = false
        return Substring(
            inner.filter { character in
                isEscaped = character == "\\" && !isEscaped
                return !isEscaped
            }
        )
    }
}
