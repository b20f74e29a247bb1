// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletShared

extension ArgumentValue {
    /// The value at `index`, which has no more levels than the tape allows. A timestamp becomes a string, as JavaScript's
    /// `JSON.stringify` makes one of a `Date`. Other extensions have no form in other formats, and become null.
    init(_ tape: MessagePackTape, at index: Int) {
        switch tape.kind(at: index) {
        case .null: self = .null
        case .ext:
            let timestamp = tape.timestamp(at: index).flatMap(\.text).map { ArgumentValue.string($0) }
            self = timestamp ?? (tape.isLenient ? Self.notepack2(tape, at: index) : nil) ?? .null
        case .bool: self = .bool(tape.scalar(at: index) ?? false)
        case .number: self = Self.number(tape, at: index)
        case .string: self = .string(tape.scalar(at: index) ?? "")
        case .binary: self = tape.binary(at: index).map { .binary($0) } ?? .null
        case .array:
            var elements: [ArgumentValue] = []
            elements.reserveCapacity(tape.count(at: index))
            var element = tape.first(in: index)
            for _ in 0..<tape.count(at: index) {
                elements.append(ArgumentValue(tape, at: element))
                element = tape.next(after: element)
            }
            self = .array(elements)
        case .map:
            var members: [Member] = []
            members.reserveCapacity(tape.count(at: index))
            var key = tape.first(in: index)
            for _ in 0..<tape.count(at: index) {
                let name = tape.scalar(at: key) ?? Self.name(tape, at: key)
                members.append(Member(name: name, value: ArgumentValue(tape, at: key + 1)))
                key = tape.next(after: key + 1)
            }
            self = .object(members)
        }
    }

    /// The name that JavaScript gives a member whose key is no string.
    private static func name(_ tape: MessagePackTape, at key: Int) -> String {
        if tape.kind(at: key) == .binary { return String(decoding: tape.body(at: key), as: UTF8.self) }
        return switch Self.number(tape, at: key) {
        case .integer(let integer): "\(integer)"
        case .unsigned(let integer): "\(integer)"
        case .number(let number): "\(number)"
        default: tape.scalar(Bool.self, at: key).map { "\($0)" } ?? "null"
        }
    }

    private static func number(_ tape: MessagePackTape, at index: Int) -> ArgumentValue {
        switch tape.bytes.number(at: tape.start(of: index)) {
        case .signed(let integer): .integer(integer)
        case .unsigned(let integer): Int64(exactly: integer).map { .integer($0) } ?? .unsigned(integer)
        case .float(let float): float.isFinite || !tape.isLenient ? .number(float) : .null
        case nil: .null
        }
    }
}

extension MessagePackTimestamp {
    /// With milliseconds, as in `2026-11-29T14:38:12.250Z`; nil for a time that is not within the years 0 to 9999.
    fileprivate var text: String? {
        ISO8601.text(seconds: Double(self.seconds) + Double(self.nanoseconds) / 1e9, withMilliseconds: true)
    }
}
