// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import MartletMessagePack
import NIOCore

/// Any value, kept as it is.
indirect enum Value: Codable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case unsigned(UInt64)
    /// By its bits, so that NaN equals itself.
    case number(UInt64)
    case string(String)
    case binary([UInt8])
    case array([Value])
    case object([String: Value])

    init(from decoder: any Decoder) throws {
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
            self = .number(number.bitPattern)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let binary = try? value.decode(ByteBuffer.self) {
            self = .binary(Array(binary.readableBytesView))
        } else if let elements = try? value.decode([Value].self) {
            self = .array(elements)
        } else {
            self = .object(try value.decode([String: Value].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let bool): try container.encode(bool)
        case .integer(let integer): try container.encode(integer)
        case .unsigned(let integer): try container.encode(integer)
        case .number(let bits): try container.encode(Double(bitPattern: bits))
        case .string(let string): try container.encode(string)
        case .binary(let bytes): try container.encode(bytes)
        case .array(let elements): try container.encode(elements)
        case .object(let members): try container.encode(members)
        }
    }
}

struct Record: Codable, Equatable {
    var name: String?
    var count: Int8?
    var flags: [Bool]?
    var ratio: Float?
    var nested: [String: UInt16]?
    var bytes: [UInt8]?
    var rest: [Record]?
}

func decode<T: Decodable>(_ type: T.Type, _ bytes: ByteBuffer) throws -> T {
    try MessagePackDecoding.decode(type, from: bytes)
}

func encode(_ value: some Encodable) -> ByteBuffer {
    var written = ByteBuffer()
    must("encoding") { try MessagePackEncoding.encode(value, into: &written) }
    return written
}

/// What was decoded, and is written again, is read as the same.
func checkRoundTrip<T: Codable & Equatable>(_ type: T.Type, _ input: ByteBuffer) {
    guard let value = try? decode(type, input) else { return }
    let written = encode(value)
    let again = must("read back") { try decode(type, written) }
    // Not equal to itself: NaN.
    check(again == value || value != value, "read back: \(again), was \(value)")
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = FuzzInput(start, count).slice
    checkRoundTrip(Value.self, input)
    checkRoundTrip(Record.self, input)
    checkRoundTrip([String: Double].self, input)
    checkRoundTrip([Int].self, input)
    checkRoundTrip(String.self, input)
    checkRoundTrip(Int.self, input)
    checkRoundTrip(Double.self, input)
    checkRoundTrip([UInt8].self, input)
    return 0
}
