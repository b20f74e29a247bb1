// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Any value of an argument: decoded from the packets of one codec, to be encoded into the packets of another.
package enum ArgumentValue: Codable, Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case unsigned(UInt64)
    case number(Double)
    case string(String)
    case binary(ByteBuffer)
    case array([ArgumentValue])
    case object([Member])

    package struct Member: Hashable, Sendable {
        package let name: String
        package let value: ArgumentValue

        package init(name: String, value: ArgumentValue) {
            self.name = name
            self.value = value
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    package init(from decoder: any Decoder) throws {
        if let json = decoder as? JSONValueDecoder {
            self.init(json.tape, at: json.index, attachments: json.attachments)
            return
        }
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let integer = try? value.decode(Int64.self) {
            self = .integer(integer)
        } else if let integer = try? value.decode(UInt64.self) {
            self = .unsigned(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let binary = try? value.decode(ByteBuffer.self) {
            self = .binary(binary)
        } else if var elements = try? decoder.unkeyedContainer() {
            var array: [ArgumentValue] = []
            while !elements.isAtEnd { array.append(try elements.decode(ArgumentValue.self)) }
            self = .array(array)
        } else {
            let members = try decoder.container(keyedBy: Key.self)
            self = .object(
                try members.allKeys.map { key in
                    Member(name: key.stringValue, value: try members.decode(ArgumentValue.self, forKey: key))
                }
            )
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .array(let elements):
            var container = encoder.unkeyedContainer()
            for element in elements { try container.encode(element) }
        case .object(let members):
            var container = encoder.container(keyedBy: Key.self)
            for member in members { try container.encode(member.value, forKey: Key(stringValue: member.name)) }
        default:
            var container = encoder.singleValueContainer()
            try self.encodeScalar(to: &container)
        }
    }

    private func encodeScalar(to container: inout any SingleValueEncodingContainer) throws {
        switch self {
        case .bool(let bool): try container.encode(bool)
        case .integer(let integer): try container.encode(integer)
        case .unsigned(let integer): try container.encode(integer)
        case .number(let number): try container.encode(number)
        case .string(let string): try container.encode(string)
        case .binary(let binary): try container.encode(binary)
        case .null, .array, .object: try container.encodeNil()
        }
    }
}
