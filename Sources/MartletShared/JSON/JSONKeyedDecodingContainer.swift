// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

struct JSONKeyedDecodingContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: JSONValueDecoder

    var codingPath: [any CodingKey] { decoder.codingPath }

    var allKeys: [Key] {
        var keys: [Key] = []
        keys.reserveCapacity(decoder.tape.count(at: decoder.index))
        if case .sequential = decoder.keys.lookup {
            decoder.forEachMember { name, _ in
                if let key = Key(stringValue: name) { keys.append(key) }
            }
            return keys
        }
        var seen: Set<KeyBytes> = []
        decoder.forEachMember { name, _ in
            if seen.insert(KeyBytes(string: name)).inserted, let key = Key(stringValue: name) { keys.append(key) }
        }
        return keys
    }

    func contains(_ key: Key) -> Bool {
        decoder.find(key, advancing: false) != nil
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        guard let index = decoder.find(key, advancing: false) else { throw notFound(key) }
        return decoder.tape.kind(at: index) == .null
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try scalar(key) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try scalar(key) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try scalar(key) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try scalar(key) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try scalar(key) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try scalar(key) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try scalar(key) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try scalar(key) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try scalar(key) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try scalar(key) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try scalar(key) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try scalar(key) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try scalar(key) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try scalar(key) }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        guard let index = decoder.find(key) else { throw notFound(key) }
        return try decoder.tape.value(type, at: index) { decoder.child(at: index, key: key) }
    }

    // These make one search instead of the three that the default implementations make.
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try scalarIfPresent(key) }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { try scalarIfPresent(key) }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { try scalarIfPresent(key) }
    func decodeIfPresent(_ type: Float.Type, forKey key: Key) throws -> Float? { try scalarIfPresent(key) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try scalarIfPresent(key) }

    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        guard let index = decoder.find(key), decoder.tape.kind(at: index) != .null else { return nil }
        return try decoder.tape.value(type, at: index) { decoder.child(at: index, key: key) }
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try nested(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try nested(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        let key = JSONCodingKey.superKey
        return decoder.child(at: decoder.find(key) ?? JSONTape.missing, key: key)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        decoder.child(at: decoder.find(key) ?? JSONTape.missing, key: key)
    }

    private func nested(_ key: Key) throws -> JSONValueDecoder {
        guard let index = decoder.find(key) else { throw notFound(key) }
        return decoder.child(at: index, key: key)
    }

    @inline(__always)
    private func scalar<S: JSONScalar>(_ key: Key) throws -> S {
        guard let index = decoder.find(key) else { throw notFound(key) }
        guard let value = S.read(from: decoder.tape, at: index) else {
            return try decoder.child(at: index, key: key).substitute()
        }
        return value
    }

    @inline(__always)
    private func scalarIfPresent<S: JSONScalar>(_ key: Key) throws -> S? {
        guard let index = decoder.find(key), decoder.tape.kind(at: index) != .null else { return nil }
        guard let value = S.read(from: decoder.tape, at: index) else {
            return try decoder.child(at: index, key: key).substitute()
        }
        return value
    }

    private func notFound(_ key: Key) -> DecodingError {
        .keyNotFound(
            key,
            .init(codingPath: codingPath, debugDescription: "No value is associated with key \"\(key.stringValue)\".")
        )
    }
}
