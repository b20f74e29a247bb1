// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import FuzzSupport
import MartletEvents
import NIOCore
import SocketIOWire

/// Any JSON value, by way of the containers that a program's own types would ask for.
enum Value: Codable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([Value])
    case object([String: Value])

    init(from decoder: any Decoder) throws {
        if let object = try? decoder.container(keyedBy: Key.self) {
            self = .object(
                try object.allKeys.reduce(into: [:]) { $0[$1.stringValue] = try object.decode(Value.self, forKey: $1) })
        } else if var array = try? decoder.unkeyedContainer() {
            var values: [Value] = []
            while !array.isAtEnd { values.append(try array.decode(Value.self)) }
            self = .array(values)
        } else {
            let value = try decoder.singleValueContainer()
            if value.decodeNil() {
                self = .null
            } else if let bool = try? value.decode(Bool.self) {
                self = .bool(bool)
            } else if let string = try? value.decode(String.self) {
                self = .string(string)
            } else if let integer = try? value.decode(Int.self) {
                self = .integer(integer)
            } else {
                // 1e15 is written so, and read as an integer.
                let number = try value.decode(Double.self)
                self = Int(exactly: number).map(Value.integer) ?? .number(number)
            }
        }
    }

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .object(let members):
            var container = encoder.container(keyedBy: Key.self)
            for (name, value) in members { try container.encode(value, forKey: Key(stringValue: name)) }
        case .array(let values):
            var container = encoder.unkeyedContainer()
            for value in values { try container.encode(value) }
        default:
            var container = encoder.singleValueContainer()
            switch self {
            case .bool(let bool): try container.encode(bool)
            case .integer(let integer): try container.encode(integer)
            case .number(let number): try container.encode(number)
            case .string(let string): try container.encode(string)
            default: try container.encodeNil()
            }
        }
    }

    struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

func decode<T: Decodable>(_ type: T.Type, _ text: ByteBuffer) throws -> T {
    try ArgumentDecoder.decode(type, from: text, attachments: [ByteBuffer(string: "attachment")])
}

/// What stands in the way of comparing with Foundation's readers, which are not strict, or strict otherwise.
struct Peculiarities {
    /// Foundation takes a comma before a closing bracket.
    let trailingComma: Bool
    /// Foundation skips a byte order mark, and guesses other encodings from zeros.
    let otherEncoding: Bool
    /// An exponent, or more digits than a Double surely holds: Foundation's readers differ about such numbers, and take
    /// a fraction that is lost in rounding for none.
    let hugeNumber: Bool
    /// The wire takes lone surrogates, which no Swift String can hold.
    let surrogates: Bool

    init(_ bytes: [UInt8]) {
        var commaIsLast = false
        var trailingComma = false
        for byte in bytes where ![0x20, 0x0A, 0x0D, 0x09].contains(byte) {
            if commaIsLast, byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") { trailingComma = true }
            commaIsLast = byte == UInt8(ascii: ",")
        }
        self.trailingComma = trailingComma
        otherEncoding = bytes.contains(0) || bytes.starts(with: [0xEF, 0xBB, 0xBF])
        var digits = 0
        var hugeNumber = false
        var surrogates = false
        for (index, byte) in bytes.enumerated() {
            // Those on both sides of a point count together.
            if byte != UInt8(ascii: ".") { digits = UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte ? digits + 1 : 0 }
            if digits > 15 || digits > 0 && index > 0 && bytes[index - 1] | 0x20 == UInt8(ascii: "e") {
                hugeNumber = true
            }
            if digits > 0, index > 1, bytes[index - 2] | 0x20 == UInt8(ascii: "e") { hugeNumber = true }
            if index > 1, byte | 0x20 == UInt8(ascii: "d"), bytes[index - 1] == UInt8(ascii: "u") { surrogates = true }
        }
        (self.hugeNumber, self.surrogates) = (hugeNumber, surrogates)
    }
}

/// The same text is JSON to the wire's scanner, to the coder's and to Foundation.
/// - Returns: Whether it is.
func checkGrammar(_ input: FuzzInput, _ text: ByteBuffer, _ peculiar: Peculiarities) -> Bool {
    let wire = (try? JSONScanner.validate(text)) != nil && isUTF8(input.bytes)
    let coder = (try? decode(Raw.self, text)) != nil
    check(wire == coder || wire && peculiar.surrogates, "the wire says \(wire), the coder \(coder)")

    let theirs = (try? JSONSerialization.jsonObject(with: Data(input.bytes), options: .fragmentsAllowed)) != nil
    if coder {
        check(theirs || peculiar.hugeNumber || peculiar.otherEncoding, "Foundation refuses it")
    } else {
        check(!theirs || peculiar.trailingComma || peculiar.otherEncoding, "Foundation takes it")
    }
    return coder
}

/// The text of a value as it stands.
struct Raw: RawJSONConvertible {
    var json: ByteBuffer

    init(json: ByteBuffer, attachments: [ByteBuffer]) { self.json = json }

    func write(into buffer: inout ByteBuffer, attachments: inout [ByteBuffer]) {
        buffer.writeImmutableBuffer(json)
    }
}

/// Both decoders make the same value of the text, or both none.
func compare<T: Decodable & Equatable>(_ type: T.Type, _ input: FuzzInput, _ text: ByteBuffer) {
    let ours = try? decode(T.self, text)
    let theirs = try? JSONDecoder().decode(T.self, from: Data(input.bytes))
    check(ours == theirs, "\(T.self): \(String(describing: ours)), Foundation's \(String(describing: theirs))")
}

struct Record: Codable, Equatable {
    var name: String?
    var count: Int8?
    var flags: [Bool]?
    var ratio: Float?
    var nested: [String: UInt16]?
    var rest: [Record]?
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = FuzzInput(start, count)
    let text = input.slice
    let peculiar = Peculiarities(input.bytes)
    let isJSON = checkGrammar(input, text, peculiar)
    let binary = try? decode(ByteBuffer.self, text)
    check(binary.map { $0 == ByteBuffer(string: "attachment") } ?? true, "another attachment")
    let value = try? decode(Value.self, text)
    guard isJSON else {
        check(value == nil, "a value of what is not JSON")
        return 0
    }
    if let value {
        var written = ByteBuffer()
        var attachments: [ByteBuffer] = []
        must("encoding") { try ArgumentEncoder.encode(value, into: &written, attachments: &attachments) }
        check((try? JSONScanner.validate(written)) != nil, "not JSON: \(String(buffer: written))")
        check((try? decode(Value.self, written)) == value, "read back: \(String(buffer: written))")
        check(attachments.isEmpty, "attachments from nowhere")
    }
    guard !peculiar.hugeNumber, !peculiar.otherEncoding else { return 0 }
    compare(Value.self, input, text)
    compare(Record.self, input, text)
    compare([String: Double].self, input, text)
    compare([Int].self, input, text)
    return 0
}
