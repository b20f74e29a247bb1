// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// At most three words, so that an existential holds the container without an allocation.
struct JSONUnkeyedDecodingContainer: UnkeyedDecodingContainer {
    private let decoder: JSONValueDecoder
    private var next: UInt32
    private var position: UInt32 = 0

    /// - Parameter decoder: the decoder of an array.
    init(decoder: JSONValueDecoder) {
        self.decoder = decoder
        next = UInt32(truncatingIfNeeded: decoder.tape.first(in: decoder.index))
    }

    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { decoder.tape.count(at: decoder.index) }
    var isAtEnd: Bool { currentIndex >= decoder.tape.count(at: decoder.index) }
    var currentIndex: Int { Int(position) }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd else { throw atEnd(Never.self) }
        guard decoder.tape.kind(at: Int(next)) == .null else { return false }
        advance()
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        guard !isAtEnd else { throw atEnd(type) }
        let value = try decoder.tape.value(type, at: Int(next)) { child() }
        advance()
        return value
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        guard !isAtEnd else { throw atEnd(KeyedDecodingContainer<NestedKey>.self) }
        let container = try child().container(keyedBy: type)
        advance()
        return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard !isAtEnd else { throw atEnd((any UnkeyedDecodingContainer).self) }
        let container = try child().unkeyedContainer()
        advance()
        return container
    }

    mutating func superDecoder() throws -> any Decoder {
        guard !isAtEnd else { throw atEnd((any Decoder).self) }
        let element = child()
        advance()
        return element
    }

    private func child() -> JSONValueDecoder {
        decoder.child(at: Int(next), element: currentIndex)
    }

    /// Moves on to the next element. Called only after an element was decoded: after an error, the element can be tried
    /// again as another type.
    @inline(__always)
    private mutating func advance() {
        next = UInt32(truncatingIfNeeded: decoder.tape.next(after: Int(next)))
        position += 1
    }

    private func atEnd(_ type: any Any.Type) -> DecodingError {
        let path = codingPath + [JSONCodingKey.index(currentIndex)]
        return .valueNotFound(type, .init(codingPath: path, debugDescription: "Unkeyed container is at end."))
    }
}

extension JSONUnkeyedDecodingContainer {
    mutating func decode(_ type: Bool.Type) throws -> Bool { try scalar() }
    mutating func decode(_ type: String.Type) throws -> String { try scalar() }
    mutating func decode(_ type: Double.Type) throws -> Double { try scalar() }
    mutating func decode(_ type: Float.Type) throws -> Float { try scalar() }
    mutating func decode(_ type: Int.Type) throws -> Int { try scalar() }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try scalar() }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try scalar() }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try scalar() }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try scalar() }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try scalar() }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try scalar() }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try scalar() }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try scalar() }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try scalar() }

    private mutating func scalar<S: JSONScalar>() throws -> S {
        guard !isAtEnd else { throw atEnd(S.self) }
        guard let value = S.read(from: decoder.tape, at: Int(next)) else {
            let substitute: S = try child().substitute()
            advance()
            return substitute
        }
        advance()
        return value
    }
}
