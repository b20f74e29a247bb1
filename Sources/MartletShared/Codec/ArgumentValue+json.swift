// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

extension ArgumentValue {
    /// The value at `index`, whose kind its first byte tells; other decoders are asked for one type after the other. Keys
    /// are what they are, whatever a coder makes of them.
    init(_ tape: JSONTape, at index: Int, attachments: [ByteBuffer]) {
        switch tape.kind(at: index) {
        case .null: self = .null
        case .bool: self = .bool(Bool.read(from: tape, at: index) ?? false)
        case .number: self = Self.number(tape, at: index)
        case .string: self = .string(tape.string(at: index))
        case .array:
            var elements: [ArgumentValue] = []
            elements.reserveCapacity(tape.count(at: index))
            var element = tape.first(in: index)
            for _ in 0..<tape.count(at: index) {
                elements.append(ArgumentValue(tape, at: element, attachments: attachments))
                element = tape.next(after: element)
            }
            self = .array(elements)
        case .object:
            if let number = tape.placeholder(at: index), attachments.indices.contains(number) {
                self = .binary(attachments[number])
                return
            }
            var members: [Member] = []
            members.reserveCapacity(tape.count(at: index))
            var key = tape.first(in: index)
            for _ in 0..<tape.count(at: index) {
                members.append(
                    Member(
                        name: tape.string(at: key), value: ArgumentValue(tape, at: key + 1, attachments: attachments)))
                key = tape.next(after: key + 1)
            }
            self = .object(members)
        }
    }

    /// A number that no type holds becomes null.
    private static func number(_ tape: JSONTape, at index: Int) -> ArgumentValue {
        if let integer = Int64.read(from: tape, at: index) { return .integer(integer) }
        if let integer = UInt64.read(from: tape, at: index) { return .unsigned(integer) }
        return Double.read(from: tape, at: index).map { .number($0) } ?? .null
    }
}
