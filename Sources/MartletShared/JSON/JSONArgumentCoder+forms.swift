// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import JSONGrammar
internal import NIOCore

extension JSONArgumentCoder {
    /// How values of one type are written and read, in place of what the type's `Codable` conformance says.
    ///
    /// A form takes what it needs from the type itself, so that this module does without the module that declares the
    /// type: Foundation, mostly.
    public struct Form: Sendable {
        let type: ObjectIdentifier
        /// A ``JSONForm`` of that type.
        let form: any Sendable

        private init<Value>(_ form: JSONForm<Value>) {
            self.type = ObjectIdentifier(Value.self)
            self.form = form
        }

        // MARK: Dates

        /// Dates as numbers of seconds since 1970. Without a form, Foundation's `Date` is a number of seconds since 2001.
        /// - Parameter epoch: 1 January 1970, UTC, as in `Date(timeIntervalSince1970: 0)`.
        public static func secondsSince1970<Date: Strideable & Sendable>(epoch: Date) -> Form
        where Date.Stride == Double {
            Form(
                JSONForm<Date> { date, output, step in
                    try output.write(float: epoch.distance(to: date), step: step)
                } read: {
                    epoch.advanced(by: try $0.decode(Double.self))
                })
        }

        /// Dates as numbers of milliseconds since 1970, as JavaScript's `Date.now()` has them.
        /// - Parameter epoch: 1 January 1970, UTC, as in `Date(timeIntervalSince1970: 0)`.
        public static func millisecondsSince1970<Date: Strideable & Sendable>(epoch: Date) -> Form
        where Date.Stride == Double {
            Form(
                JSONForm<Date> { date, output, step in
                    try output.write(float: epoch.distance(to: date) * 1000, step: step)
                } read: {
                    epoch.advanced(by: try $0.decode(Double.self) / 1000)
                })
        }

        /// Dates as strings of ISO 8601 and RFC 3339 in UTC, such as `2026-11-29T14:38:12Z`: what JavaScript's
        /// `JSON.stringify` makes of a `Date`, and its `Date` constructor reads. Dates from the year 0 to the year 9999
        /// can be written. Fractions of a second and other offsets than UTC's are read in any case.
        /// - Parameters:
        ///   - epoch: 1 January 1970, UTC, as in `Date(timeIntervalSince1970: 0)`.
        ///   - fractionalSeconds: whether milliseconds are written: `2026-11-29T14:38:12.250Z`. Otherwise dates lose
        ///     the fractions of their seconds.
        public static func iso8601<Date: Strideable & Sendable>(epoch: Date, fractionalSeconds: Bool = false) -> Form
        where Date.Stride == Double {
            Form(
                JSONForm<Date> { date, output, step in
                    let seconds = epoch.distance(to: date)
                    guard let text = ISO8601.text(seconds: seconds, withMilliseconds: fractionalSeconds) else {
                        throw output.invalid(date, step, "The date is not within the years 0 to 9999.")
                    }
                    output.write(string: text)
                } read: { decoder in
                    guard let seconds = ISO8601.seconds(try decoder.decode(String.self)) else {
                        throw decoder.corrupted("The string is not an ISO 8601 date.")
                    }
                    return epoch.advanced(by: seconds)
                })
        }

        // MARK: Decimals

        /// A type's values as numbers with all of their digits, however many. Without a form, Foundation's `Decimal` is
        /// an object with the members of its memory.
        /// - Parameters:
        ///   - type: its description is the number in decimal digits.
        ///   - parse: makes a value of such digits, as `{ Decimal(string: $0) }`; nil when it cannot. The digits may have
        ///     a fraction and an exponent.
        public static func number<Decimal: CustomStringConvertible & Sendable>(
            _ type: Decimal.Type, parse: @escaping @Sendable (String) -> Decimal?
        ) -> Form {
            Form(
                JSONForm<Decimal> { decimal, output, step in
                    guard output.write(number: decimal.description) else {
                        throw output.invalid(decimal, step, "\(decimal) cannot be represented in JSON.")
                    }
                } read: { decoder in
                    let digits = try decoder.number()
                    guard let decimal = parse(digits) else {
                        throw decoder.corrupted("The number is not representable as \(Decimal.self).")
                    }
                    return decimal
                })
        }
    }
}

/// How values of one type are written and read.
struct JSONForm<Value>: Sendable {
    let write: @Sendable (Value, JSONFragment, () -> JSONFragment.Step?) throws -> Void
    let read: @Sendable (JSONValueDecoder) throws -> Value

    init(
        write: @escaping @Sendable (Value, JSONFragment, () -> JSONFragment.Step?) throws -> Void,
        read: @escaping @Sendable (JSONValueDecoder) throws -> Value
    ) {
        self.write = write
        self.read = read
    }
}
