// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The `Decoder` of one value. It is also a node of the coding path, so that a nested value costs one allocation.
final class MessagePackValueDecoder: Decoder {
    let tape: MessagePackTape
    /// The value's place on the tape, or `MessagePackTape.missing`.
    let index: Int
    private let parent: MessagePackValueDecoder?
    private let step: MessagePackStep?
    /// The keys of a map and the places of their values, made once there is a search in a large map.
    private var members: [String.UTF8Bytes: Int]?

    /// The decoder of a whole value.
    init(_ tape: MessagePackTape) {
        self.tape = tape
        self.index = 0
        self.parent = nil
        self.step = nil
    }

    private init(at index: Int, of parent: MessagePackValueDecoder, _ step: MessagePackStep) {
        self.tape = parent.tape
        self.index = index
        self.parent = parent
        self.step = step
    }

    func child(at index: Int, _ step: MessagePackStep) -> MessagePackValueDecoder {
        MessagePackValueDecoder(at: index, of: self, step)
    }

    var kind: MessagePackHead.Kind { self.tape.kind(at: self.index) }

    var codingPath: [any CodingKey] {
        var path: [any CodingKey] = []
        var node = self
        while let parent = node.parent {
            if let step = node.step { path.append(step.key) }
            node = parent
        }
        return path.reversed()
    }

    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard self.kind == .map else { throw self.failure([String: Any].self, what: "a keyed container") }
        return KeyedDecodingContainer(MessagePackKeyedDecodingContainer<Key>(decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard self.kind == .array else { throw self.failure([Any].self, what: "an unkeyed container") }
        return MessagePackUnkeyedDecodingContainer(decoder: self)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    // MARK: Members

    /// In maps with at most this many members, each search begins at the first one.
    private static let maxSearched = 16

    /// The index of the value of `key`, if the map has it. Of members with equal keys the first counts.
    func find(_ key: some CodingKey) -> Int? {
        var name = key.stringValue
        if self.tape.count(at: self.index) > Self.maxSearched {
            if self.members == nil { self.members = self.makeMembers() }
            return self.members?[.init(name)]
        }
        return name.withUTF8 { utf8 in
            var member = self.tape.first(in: self.index)
            for _ in 0..<self.tape.count(at: self.index) {
                if self.tape.isString(at: member, equalTo: utf8) { return member + 1 }
                member = self.tape.next(after: member + 1)
            }
            return nil
        }
    }

    private func makeMembers() -> [String.UTF8Bytes: Int] {
        var members = [String.UTF8Bytes: Int](minimumCapacity: self.tape.count(at: self.index))
        self.forEachMember { key, value in
            if members[.init(key)] == nil { members[.init(key)] = value }
        }
        return members
    }

    /// Calls `body` with every key, repeated ones too, and the index of its value, in the order of the bytes.
    func forEachMember(_ body: (String, Int) -> Void) {
        var member = self.tape.first(in: self.index)
        for _ in 0..<self.tape.count(at: self.index) {
            body(self.tape.scalar(String.self, at: member) ?? "", member + 1)
            member = self.tape.next(after: member + 1)
        }
    }

    // MARK: Errors

    /// Why the value is not of this type: it is null, of another kind, or a number that the type cannot hold.
    func failure(
        _ type: any Any.Type, what: String? = nil, expecting kind: MessagePackHead.Kind = .number
    ) -> DecodingError {
        let found = self.kind
        let expected = what ?? (kind == .binary ? "binary" : "\(type)")
        let path = self.codingPath
        if found == kind, kind == .number, type != String.self, type != Bool.self {
            return .dataCorrupted(
                .init(codingPath: path, debugDescription: "The number is not representable as \(type)."))
        }
        let context = DecodingError.Context(
            codingPath: path, debugDescription: "Expected \(expected) but found \(found) instead.")
        return found == .null ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }
}

extension MessagePackValueDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { self.kind == .null }

    func decode(_ type: Bool.Type) throws -> Bool { try self.scalar() }
    func decode(_ type: String.Type) throws -> String { try self.scalar() }
    func decode(_ type: Double.Type) throws -> Double { try self.scalar() }
    func decode(_ type: Float.Type) throws -> Float { try self.scalar() }
    func decode(_ type: Int.Type) throws -> Int { try self.scalar() }
    func decode(_ type: Int8.Type) throws -> Int8 { try self.scalar() }
    func decode(_ type: Int16.Type) throws -> Int16 { try self.scalar() }
    func decode(_ type: Int32.Type) throws -> Int32 { try self.scalar() }
    func decode(_ type: Int64.Type) throws -> Int64 { try self.scalar() }
    func decode(_ type: UInt.Type) throws -> UInt { try self.scalar() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try self.scalar() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try self.scalar() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try self.scalar() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try self.scalar() }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try self.tape.value(type, at: self.index) { self }
    }

    private func scalar<Scalar: MessagePackScalar>() throws -> Scalar {
        guard let value = self.tape.scalar(Scalar.self, at: self.index) else { throw self.failure(Scalar.self) }
        return value
    }
}
