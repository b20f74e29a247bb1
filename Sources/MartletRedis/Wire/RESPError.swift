// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Why bytes are no RESP3, or more than is taken. The connection cannot go on: where the next value begins is unknown.
package enum RESPError: Error, Hashable {
    /// No value begins with this byte.
    case unknownType(UInt8)
    /// A line ends otherwise than by CR LF, or is no number where one must be.
    case malformedLine
    /// A string is not followed by CR LF, or not of the length that it must have.
    case malformedString
    /// A line is longer than ``RESPLimits/line``.
    case lineTooLong
    /// A value is longer than ``RESPLimits/value``.
    case valueTooLong
    case nestingTooDeep
    /// Redis pushes nothing within another value.
    case nestedPush
}

/// What a decoder takes.
package struct RESPLimits: Sendable {
    /// Bytes of one value, with all that is in it. Each element counts as ``elementSize`` bytes at least, so that a short
    /// text does not become a long array.
    package var value = 64 << 20
    /// Bytes of a line: a length, a number, an error.
    package var line = 64 << 10
    /// How deep arrays and maps may lie in each other. The answers of Redis's own commands need less than ten.
    package var depth = 32

    static let elementSize = 32

    package init(value: Int = 64 << 20) {
        self.value = value
    }
}
