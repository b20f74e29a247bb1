// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEvents
internal import MartletMessagePack
internal import NIOCore

/// A message of another server's that cannot be read.
struct ForeignMessageError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Messages of servers in other languages, which differ in the order of members, and in what they leave out.
extension ArgumentValue {
    /// The member of an object; nil where it is null, too. Of members with equal names the last counts, as in JavaScript
    /// and Python.
    subscript(name: String) -> ArgumentValue? {
        guard case .object(let members) = self, let value = members.last(where: { $0.name == name })?.value,
            value != .null
        else { return nil }
        return value
    }

    /// A name, or an id. Some languages write strings as binary data; and numbers are names in JavaScript.
    var text: String? {
        switch self {
        case .string(let text): text
        case .binary(let bytes): String(buffer: bytes)
        case .integer(let number): "\(number)"
        case .unsigned(let number): "\(number)"
        case .null, .bool, .number, .array, .object: nil
        }
    }

    /// Several names, or one. Nil where one of them is no name.
    var texts: [String]? {
        guard case .array(let elements) = self else { return self.text.map { [$0] } }
        let texts = elements.compactMap(\.text)
        return texts.count == elements.count ? texts : nil
    }

    var elements: [ArgumentValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }

    var integer: Int? {
        switch self {
        case .integer(let integer): Int(exactly: integer)
        case .unsigned(let integer): Int(exactly: integer)
        case .number(let number): Int(exactly: number)
        default: nil
        }
    }

    var bool: Bool? {
        if case .bool(let bool) = self { bool } else { nil }
    }

    static func make(_ members: KeyValuePairs<String, ArgumentValue?>) -> ArgumentValue {
        .object(members.compactMap { name, value in value.map { Member(name: name, value: $0) } })
    }

    static func make(_ names: [String]) -> ArgumentValue { .array(names.map { .string($0) }) }

    // MARK: JSON

    /// - Throws: a `DecodingError`, unless the bytes are one value.
    init(json: ByteBuffer) throws {
        self = try ArgumentDecoder.decode(ArgumentValue.self, from: json, attachments: [])
    }

    /// The value's JSON. Binary data in it becomes an attachment, and a number that is not finite null.
    func json(attachments: inout [ByteBuffer]) throws -> ByteBuffer {
        var json = ByteBuffer()
        let finite = self.mapped { value in
            if case .number(let number) = value, !number.isFinite { .null } else { value }
        }
        try ArgumentEncoder.encode(finite, into: &json, attachments: &attachments)
        return json
    }

    /// The value with every leaf and container replaced by what `change` returns, from the inside out.
    func mapped(_ change: (ArgumentValue) throws -> ArgumentValue) rethrows -> ArgumentValue {
        switch self {
        case .array(let elements): try change(.array(elements.map { try $0.mapped(change) }))
        case .object(let members):
            try change(.object(members.map { Member(name: $0.name, value: try $0.value.mapped(change)) }))
        default: try change(self)
        }
    }
}
