// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

struct MessagePackUnkeyedDecodingContainer: UnkeyedDecodingContainer {
    private let decoder: MessagePackValueDecoder
    private var next: UInt32
    private var position: UInt32 = 0

    /// - Parameter decoder: the decoder of an array.
    init(decoder: MessagePackValueDecoder) {
        self.decoder = decoder
        self.next = UInt32(truncatingIfNeeded: decoder.tape.first(in: decoder.index))
    }

    private var tape: MessagePackTape { self.decoder.tape }
    var codingPath: [any CodingKey] { self.decoder.codingPath }
    var count: Int? { self.tape.count(at: self.decoder.index) }
    var isAtEnd: Bool { self.currentIndex >= self.tape.count(at: self.decoder.index) }
    var currentIndex: Int { Int(self.position) }

    mutating func decodeNil() throws -> Bool {
        guard !self.isAtEnd else { throw self.atEnd(Never.self) }
        guard self.tape.kind(at: Int(self.next)) == .null else { return false }
        self.advance()
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try self.element(type) { tape, index, decoder in try tape.value(type, at: index, decoder: decoder) }
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try self.element(KeyedDecodingContainer<NestedKey>.self) { try $2().container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try self.element((any UnkeyedDecodingContainer).self) { try $2().unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder {
        try self.element((any Decoder).self) { $2() }
    }

    /// Moves on to the next element once `body` has made a value of this one: after an error, the element can be tried
    /// again as another type.
    /// - Parameter body: gets the element's place, and a function that makes its decoder.
    @inline(__always)
    private mutating func element<T>(
        _ type: T.Type, _ body: (MessagePackTape, Int, () -> MessagePackValueDecoder) throws -> T
    ) throws -> T {
        guard !self.isAtEnd else { throw self.atEnd(type) }
        let (decoder, index, position) = (self.decoder, Int(self.next), self.currentIndex)
        let value = try body(decoder.tape, index) { decoder.child(at: index, .index(position)) }
        self.advance()
        return value
    }

    private mutating func advance() {
        self.next = UInt32(truncatingIfNeeded: self.tape.next(after: Int(self.next)))
        self.position += 1
    }

    private func atEnd(_ type: any Any.Type) -> DecodingError {
        let path = self.codingPath + [MessagePackStep.index(self.currentIndex).key]
        return .valueNotFound(type, .init(codingPath: path, debugDescription: "Unkeyed container is at end."))
    }
}

extension MessagePackUnkeyedDecodingContainer {
    mutating func decode(_ type: Bool.Type) throws -> Bool { try self.scalar() }
    mutating func decode(_ type: String.Type) throws -> String { try self.scalar() }
    mutating func decode(_ type: Double.Type) throws -> Double { try self.scalar() }
    mutating func decode(_ type: Float.Type) throws -> Float { try self.scalar() }
    mutating func decode(_ type: Int.Type) throws -> Int { try self.scalar() }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try self.scalar() }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try self.scalar() }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try self.scalar() }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try self.scalar() }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try self.scalar() }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try self.scalar() }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try self.scalar() }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try self.scalar() }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try self.scalar() }

    private mutating func scalar<Scalar: MessagePackScalar>() throws -> Scalar {
        guard !self.isAtEnd else { throw self.atEnd(Scalar.self) }
        guard let value = self.tape.scalar(Scalar.self, at: Int(self.next)) else {
            throw self.decoder.child(at: Int(self.next), .index(self.currentIndex)).failure(Scalar.self)
        }
        self.advance()
        return value
    }
}
