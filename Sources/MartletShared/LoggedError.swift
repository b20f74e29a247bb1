// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// What a log says of an error: nothing of the value that was to be encoded or decoded, which may be a secret, and is as
/// long as a client likes. An error that a type throws as it decodes itself, such as an enumeration that has no case of
/// that name, repeats the value; an `EncodingError` has it.
package struct LoggedError: CustomStringConvertible {
    private let error: any Error

    package init(_ error: any Error) {
        self.error = error
    }

    package var description: String {
        switch self.error {
        case let error as InvalidArgument: "argument \(error.index)\(Self.describe(error.underlying) ?? ": invalid")"
        case let error as EventError: "EventError: \(error.message)"
        case let error: Self.describe(error).map { "\(type(of: error))\($0)" } ?? "\(error)"
        }
    }

    /// Describes an error of encoding or decoding, after what it concerns.
    private static func describe(_ error: any Error) -> String? {
        switch error {
        case DecodingError.typeMismatch(let type, let context):
            "\(self.path(context.codingPath)): Expected \(type)"
        case DecodingError.valueNotFound(let type, let context):
            "\(self.path(context.codingPath)): Expected \(type), but there is none"
        case DecodingError.keyNotFound(let key, let context):
            "\(self.path(context.codingPath)): No value is associated with key \"\(key.stringValue)\""
        case DecodingError.dataCorrupted(let context):
            "\(self.path(context.codingPath)): invalid"
        case EncodingError.invalidValue(let value, let context):
            "\(self.path(context.codingPath)): a value of \(type(of: value)) cannot be encoded"
        default: nil
        }
    }

    private static func path(_ path: [any CodingKey]) -> String {
        let text = path.map { "." + ($0.intValue.map(String.init) ?? $0.stringValue) }.joined()
        return String(text.prefix(self.maxPathLength))
    }

    private static let maxPathLength = 100
}
