// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

struct MessagePackKeyedDecodingContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: MessagePackValueDecoder

    private var tape: MessagePackTape { self.decoder.tape }
    var codingPath: [any CodingKey] { self.decoder.codingPath }

    var allKeys: [Key] {
        var keys: [Key] = []
        keys.reserveCapacity(self.tape.count(at: self.decoder.index))
        var seen: Set<String.UTF8Bytes> = []
        self.decoder.forEachMember { name, _ in
            if seen.insert(.init(name)).inserted, let key = Key(stringValue: name) { keys.append(key) }
        }
        return keys
    }

    func contains(_ key: Key) -> Bool { self.decoder.find(key) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { self.tape.kind(at: try self.find(key)) == .null }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try self.scalar(key) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try self.scalar(key) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try self.scalar(key) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try self.scalar(key) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try self.scalar(key) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try self.scalar(key) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try self.scalar(key) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try self.scalar(key) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try self.scalar(key) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try self.scalar(key) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try self.scalar(key) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try self.scalar(key) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try self.scalar(key) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try self.scalar(key) }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        let index = try self.find(key)
        return try self.tape.value(type, at: index) { self.decoder.child(at: index, .key(key)) }
    }

    // One search instead of the three that the default implementation makes.
    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        guard let index = self.decoder.find(key), self.tape.kind(at: index) != .null else { return nil }
        return try self.tape.value(type, at: index) { self.decoder.child(at: index, .key(key)) }
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try self.decoder.child(at: self.find(key), .key(key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try self.decoder.child(at: self.find(key), .key(key)).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { self.superDecoder(of: MessagePackKey.superKey) }
    func superDecoder(forKey key: Key) throws -> any Decoder { self.superDecoder(of: key) }

    private func superDecoder(of key: some CodingKey) -> any Decoder {
        self.decoder.child(at: self.decoder.find(key) ?? MessagePackTape.missing, .key(key))
    }

    private func scalar<Scalar: MessagePackScalar>(_ key: Key) throws -> Scalar {
        let index = try self.find(key)
        guard let value = self.tape.scalar(Scalar.self, at: index) else {
            throw self.decoder.child(at: index, .key(key)).failure(Scalar.self)
        }
        return value
    }

    private func find(_ key: Key) throws -> Int {
        if let index = self.decoder.find(key) { return index }
        throw DecodingError.keyNotFound(
            key,
            .init(
                codingPath: self.codingPath,
                debugDescription: "No value is associated with key \"\(key.stringValue)\"."
            )
        )
    }
}
