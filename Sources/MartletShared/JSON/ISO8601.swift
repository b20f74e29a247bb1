// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Dates as ISO 8601 and RFC 3339 write them, by the Gregorian calendar.
package enum ISO8601 {
    private static let secondsPerDay = 86_400

    /// `2026-11-29T14:38:12Z`, or `2026-11-29T14:38:12.250Z`.
    /// - Parameters:
    ///   - seconds: since 1970-01-01 00:00:00 UTC.
    ///   - withMilliseconds: whether they are written, rounded. Otherwise fractions of seconds are cut off.
    /// - Returns: nil for a time that is not within the years 0 to 9999.
    package static func text(seconds: Double, withMilliseconds: Bool) -> String? {
        guard seconds.magnitude < 1e12 else { return nil }
        var milliseconds = 0
        var whole = Int(seconds.rounded(.down))
        if withMilliseconds {
            milliseconds = Int((seconds * 1000).rounded())
            whole = milliseconds.floored(by: 1000)
            milliseconds -= whole * 1000
        }
        let day = whole.floored(by: Self.secondsPerDay)
        let second = whole - day * Self.secondsPerDay
        let date = Self.date(day: day)
        guard 0...9999 ~= date.year else { return nil }
        var text = Self.digits(date.year, 4)
        for (separator, number) in [
            ("-", date.month), ("-", date.day), ("T", second / 3600), (":", second / 60 % 60), (":", second % 60),
        ] {
            text += separator + Self.digits(number, 2)
        }
        if withMilliseconds { text += "." + Self.digits(milliseconds, 3) }
        return text + "Z"
    }

    private static func digits(_ number: Int, _ count: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
    }

    /// The seconds since 1970-01-01 00:00:00 UTC of a date and time with an offset from UTC: `Z`, `+01:00`, `+0100` or
    /// `+01`.
    package static func seconds(_ text: String) -> Double? {
        var rest = Substring(text).utf8
        guard let year = Self.number(&rest, 4), Self.skip("-", &rest), let month = Self.number(&rest, 2),
            Self.skip("-", &rest), let day = Self.number(&rest, 2), Self.skip("T", &rest) || Self.skip("t", &rest),
            let hour = Self.number(&rest, 2), Self.skip(":", &rest), let minute = Self.number(&rest, 2),
            Self.skip(":", &rest), let second = Self.number(&rest, 2)
        else { return nil }
        // A leap second counts as the first one of the next minute.
        guard 1...12 ~= month, 1...Self.length(ofMonth: month, year) ~= day, hour < 24, minute < 60, second <= 60
        else { return nil }
        guard let fraction = Self.fraction(&rest), let offset = Self.offset(&rest), rest.isEmpty else { return nil }
        let whole = Self.day(year: year, month: month, day: day) * Self.secondsPerDay + hour * 3600 + minute * 60
        return Double(whole + second - offset) + fraction
    }

    private static func skip(_ character: Unicode.Scalar, _ rest: inout Substring.UTF8View) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    /// Exactly so many digits.
    private static func number(_ rest: inout Substring.UTF8View, _ count: Int) -> Int? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy(Self.isDigit) else { return nil }
        rest.removeFirst(count)
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    /// What follows a point, if there is one.
    private static func fraction(_ rest: inout Substring.UTF8View) -> Double? {
        guard Self.skip(".", &rest) else { return 0 }
        let digits = rest.prefix(while: Self.isDigit)
        rest.removeFirst(digits.count)
        return digits.isEmpty ? nil : Double("0." + String(Substring(digits)))
    }

    /// The offset from UTC in seconds.
    private static func offset(_ rest: inout Substring.UTF8View) -> Int? {
        if Self.skip("Z", &rest) || Self.skip("z", &rest) { return 0 }
        let sign: Int
        if Self.skip("+", &rest) { sign = 1 } else if Self.skip("-", &rest) { sign = -1 } else { return nil }
        guard let hours = Self.number(&rest, 2), hours < 24 else { return nil }
        guard !rest.isEmpty else { return sign * hours * 3600 }
        _ = Self.skip(":", &rest)
        guard let minutes = Self.number(&rest, 2), minutes < 60 else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }

    // MARK: The calendar

    // Years are counted from March here, so that the leap day is the last of a year. 400 years have 146 097 days, and
    // 719 468 days lie between 1 March of the year 0 and 1 January 1970.

    /// The days since 1 January 1970.
    private static func day(year: Int, month: Int, day: Int) -> Int {
        let marchYear = month > 2 ? year : year - 1
        let era = marchYear.floored(by: 400)
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = shifted.floored(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let year = yearOfEra + era * 400 + (month < 10 ? 0 : 1)
        return (year, month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1)
    }

    private static func length(ofMonth month: Int, _ year: Int) -> Int {
        let next = month == 12 ? (year + 1, 1) : (year, month + 1)
        return Self.day(year: next.0, month: next.1, day: 1) - Self.day(year: year, month: month, day: 1)
    }
}

extension Int {
    /// The quotient, rounded down.
    fileprivate func floored(by divisor: Int) -> Int {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
