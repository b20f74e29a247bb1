// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The words of Prometheus's text format 0.0.4.
enum PrometheusText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// A metric's name: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    static func name(_ name: String) -> String {
        Self.sanitized(name) { $0 == ":" }
    }

    /// A label's name: `[a-zA-Z_][a-zA-Z0-9_]*`.
    static func labelName(_ name: String) -> String {
        Self.sanitized(name) { _ in false }
    }

    private static func sanitized(_ name: String, _ isAlsoAllowed: (Character) -> Bool) -> String {
        let allowed = name.map { character -> Character in
            let isWord = character.isASCII && (character.isLetter || character.isNumber)
            return isWord || character == "_" || isAlsoAllowed(character) ? character : "_"
        }
        return allowed.first?.isNumber == false ? String(allowed) : "_" + String(allowed)
    }

    static func escapedValue(_ value: String) -> String { Self.escaped(value, "\\\"\n") }

    static func escapedHelp(_ help: String) -> String { Self.escaped(help, "\\\n") }

    /// Scalars rather than characters: a line feed may be a part of one.
    private static func escaped(_ text: String, _ escaped: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if escaped.unicodeScalars.contains(scalar) { result.append("\\") }
            result.append(scalar == "\n" ? "n" : scalar)
        }
        return String(result)
    }

    static func number(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Inf" : "+Inf" }
        return Int(exactly: number).map(String.init) ?? "\(number)"
    }
}
