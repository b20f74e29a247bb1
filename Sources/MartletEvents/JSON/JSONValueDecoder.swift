// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The `Decoder` of one value. It is also a node of the coding path, so that a nested value costs one allocation.
final class JSONValueDecoder: Decoder {
    enum Step {
        case root
        case key(any CodingKey)
        case index(Int)
    }

    let document: JSONDocument
    /// The value's place on the tape, or `JSONDocument.missing`.
    let index: Int
    private let parent: JSONValueDecoder?
    private let step: Step
    // `@exclusivity(unchecked)`: see LoopContext. Here it is one call of `decode` that everything belongs to.
    @exclusivity(unchecked) var lookup = KeyLookup.unprepared
    /// The member after the one found last: keys are mostly asked for in the order in which they were written.
    @exclusivity(unchecked) var cursor = 0

    init(document: JSONDocument, index: Int, parent: JSONValueDecoder? = nil, step: Step = .root) {
        self.document = document
        self.index = index
        self.parent = parent
        self.step = step
    }

    @inline(__always)
    func child(at index: Int, _ step: Step) -> JSONValueDecoder {
        JSONValueDecoder(document: document, index: index, parent: self, step: step)
    }

    var codingPath: [any CodingKey] {
        var path: [any CodingKey] = []
        var node: JSONValueDecoder? = self
        while let current = node {
            switch current.step {
            case .root: break
            case .key(let key): path.append(key)
            case .index(let index): path.append(JSONCodingKey.index(index))
            }
            node = current.parent
        }
        path.reverse()
        return path
    }

    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard document.kind(at: index) == .object else {
            throw failure([String: Any].self, what: "a keyed container")
        }
        prepareLookup()
        return KeyedDecodingContainer(JSONKeyedDecodingContainer<Key>(decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard document.kind(at: index) == .array else {
            throw failure([Any].self, what: "an unkeyed container")
        }
        return JSONUnkeyedDecodingContainer(decoder: self)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        self
    }

    /// Why the value is not of this type: it is null, of another kind, or (a number) not representable.
    func failure(_ type: any Any.Type, what: String? = nil, expecting kind: JSONDocument.Kind? = nil) -> DecodingError {
        let found = document.kind(at: index)
        let description = "Expected \(what ?? "\(type)") but found \(found == .null ? "null" : "\(found)") instead."
        let context = DecodingError.Context(codingPath: codingPath, debugDescription: description)
        if found == .null { return .valueNotFound(type, context) }
        if found == kind {
            return .dataCorrupted(
                .init(codingPath: codingPath, debugDescription: "The number is not representable as \(type).")
            )
        }
        return .typeMismatch(type, context)
    }
}

extension JSONValueDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { document.kind(at: index) == .null }

    func decode(_ type: Bool.Type) throws -> Bool { try scalar() }
    func decode(_ type: String.Type) throws -> String { try scalar() }
    func decode(_ type: Double.Type) throws -> Double { try scalar() }
    func decode(_ type: Float.Type) throws -> Float { try scalar() }
    func decode(_ type: Int.Type) throws -> Int { try scalar() }
    func decode(_ type: Int8.Type) throws -> Int8 { try scalar() }
    func decode(_ type: Int16.Type) throws -> Int16 { try scalar() }
    func decode(_ type: Int32.Type) throws -> Int32 { try scalar() }
    func decode(_ type: Int64.Type) throws -> Int64 { try scalar() }
    func decode(_ type: UInt.Type) throws -> UInt { try scalar() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try scalar() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try scalar() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try scalar() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try scalar() }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try document.value(type, at: index) { self }
    }

    private func scalar<S: JSONScalar>() throws -> S {
        guard let value = S.read(from: document, at: index) else { throw failure(S.self, expecting: S.kind) }
        return value
    }
}

/// A key of a coding path that no type declared: an element's index, or a name such as `super`. The text of an index
/// is made only when it is asked for, and an existential holds either without an allocation.
enum JSONCodingKey: CodingKey {
    case index(Int)
    case name(String)

    init(stringValue: String) {
        self = .name(stringValue)
    }

    init(intValue: Int) {
        self = .index(intValue)
    }

    var stringValue: String {
        switch self {
        case .index(let index): "Index \(index)"
        case .name(let name): name
        }
    }

    var intValue: Int? {
        if case .index(let index) = self { index } else { nil }
    }

    static var superKey: JSONCodingKey { .name("super") }
}
