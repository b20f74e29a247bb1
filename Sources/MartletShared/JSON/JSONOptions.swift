// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// What a ``JSONArgumentCoder`` does otherwise than by default.
package final class JSONOptions: Sendable {
    private let forms: [ObjectIdentifier: JSONArgumentCoder.Form]
    let convertsKeys: Bool
    let binary: JSONArgumentCoder.Binary
    private let nonFiniteNumbers: JSONArgumentCoder.NonFiniteNumbers

    /// - Returns: nil if all options are the default.
    init?(
        forms: [JSONArgumentCoder.Form],
        keys: JSONArgumentCoder.Keys,
        binary: JSONArgumentCoder.Binary,
        nonFiniteNumbers: JSONArgumentCoder.NonFiniteNumbers
    ) {
        self.forms = Dictionary(forms.map { ($0.type, $0) }, uniquingKeysWith: { $1 })
        self.convertsKeys = keys == .snakeCase
        self.binary = binary
        self.nonFiniteNumbers = nonFiniteNumbers
        if case .refused = nonFiniteNumbers, forms.isEmpty, keys == .unchanged, binary == .attachments { return nil }
    }

    func form<Value>(of type: Value.Type) -> JSONForm<Value>? {
        self.forms.isEmpty ? nil : self.forms[ObjectIdentifier(type)]?.form as? JSONForm<Value>
    }

    /// The string that stands for a number; nil when it is finite, or has none.
    func string<F: JSONFloat>(for number: F) -> String? {
        guard !number.isFinite, case .strings(let infinity, let negativeInfinity, let nan) = self.nonFiniteNumbers
        else { return nil }
        return number.isNaN ? nan : number < 0 ? negativeInfinity : infinity
    }

    /// The number that a string stands for.
    func number<F: JSONFloat>(for string: String, as type: F.Type) -> F? {
        guard case .strings(let infinity, let negativeInfinity, let nan) = self.nonFiniteNumbers else { return nil }
        switch string {
        case infinity: return .infinity
        case negativeInfinity: return -.infinity
        case nan: return .nan
        default: return nil
        }
    }
}

/// A dictionary with strings for keys: data, not names, so they are never converted.
protocol JSONStringDictionary {}

extension Dictionary: JSONStringDictionary where Key == String {}
