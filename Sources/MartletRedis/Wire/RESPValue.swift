// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// A value of Redis's protocol RESP3. What RESP2 writes for null is null, too.
package indirect enum RESPValue: Hashable, Sendable {
    case null
    case simple(ByteBuffer)
    /// What Redis answers to a command that it refuses: a word in capitals, such as `ERR` or `WRONGPASS`, and a text.
    case error(String)
    case integer(Int64)
    case bulk(ByteBuffer)
    case boolean(Bool)
    case double(Double)
    /// Decimal digits, perhaps after a sign.
    case bigNumber(String)
    /// - Parameter format: three letters, such as `txt`.
    case verbatim(format: String, ByteBuffer)
    case array([RESPValue])
    case set([RESPValue])
    /// Keys and values in turn.
    case map([RESPValue])
    /// What comes without having been asked for, such as the messages of a subscription.
    case push([RESPValue])
}

extension RESPValue {
    /// The bytes of a string, whatever its type.
    package var bytes: ByteBuffer? {
        switch self {
        case .simple(let bytes), .bulk(let bytes), .verbatim(_, let bytes): bytes
        case .null, .error, .integer, .boolean, .double, .bigNumber, .array, .set, .map, .push: nil
        }
    }

    /// The text of a string, whatever its type; what is not UTF-8 is replaced.
    package var string: String? { self.bytes.map { String(buffer: $0) } }

    package var integer: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// The elements of an array, a set or a push; of a map, its keys and values in turn.
    package var elements: [RESPValue]? {
        switch self {
        case .array(let elements), .set(let elements), .map(let elements), .push(let elements): elements
        case .null, .simple, .error, .integer, .bulk, .boolean, .double, .bigNumber, .verbatim: nil
        }
    }

    /// The value of a key in a map; in an array too, since RESP2 has no maps.
    package subscript(key key: String) -> RESPValue? {
        guard let elements = self.elements else { return nil }
        var index = 0
        while index + 1 < elements.count {
            if elements[index].string == key { return elements[index + 1] }
            index += 2
        }
        return nil
    }
}

extension RESPValue {
    /// What Redis says when it refuses. Of a command that it does not know, it repeats the first arguments: a password, or
    /// a part of a message. They are left out, since what it says ends up in logs.
    static func refusal(_ text: ByteBuffer) -> RESPValue {
        let text = String(buffer: text)
        return .error(text.range(ofText: ", with args beginning with").map { String(text[..<$0.lowerBound]) } ?? text)
    }
}
