// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The `Decoder` of one value. It is also a node of the coding path, so that a nested value costs one allocation.
final class JSONValueDecoder: Decoder {
    private enum Origin {
        /// The value is the whole text. Retaining the bytes makes their owner copy them before a change
        /// (copy-on-write).
        case text(ByteBuffer, attachments: [ByteBuffer], JSONOptions?)
        case member(any CodingKey, of: JSONValueDecoder)
        case element(Int, of: JSONValueDecoder)
    }

    let tape: JSONTape
    /// The value's place on the tape, or `JSONTape.missing`.
    let index: Int
    private let origin: Origin
    /// Whether there are options, which the decoder of the whole text has.
    let hasOptions: Bool
    /// Set before the first container is asked for: the value is a dictionary, whose keys are never converted.
    var keepsKeys = false
    // Unchecked: see LoopContext. Here all accesses belong to one call of `decode`.
    @exclusivity(unchecked) var keys = Keys()

    /// The state of the search for members of an object.
    struct Keys {
        var lookup = KeyLookup.unprepared
        /// The member after the one found last: keys are mostly asked for in the order of the text. It is `end` after
        /// the last member, and in objects whose lookup does not use it.
        var cursor = 0
        /// The end of the object on the tape.
        var end = 0
    }

    private init(tape: JSONTape, index: Int, origin: Origin, hasOptions: Bool) {
        self.hasOptions = hasOptions
        self.tape = tape
        self.index = index
        self.origin = origin
    }

    /// The decoder of a whole text, and the owner of its tape.
    convenience init(tape: JSONTape, text: ByteBuffer, attachments: [ByteBuffer], _ options: JSONOptions?) {
        let origin = Origin.text(text, attachments: attachments, options)
        self.init(tape: tape, index: 0, origin: origin, hasOptions: options != nil)
    }

    deinit {
        // Only the decoder of the whole text has index 0. A look at `origin` would copy it.
        if index == 0 { tape.entries.deallocate() }
    }

    @inline(__always)
    func child(at index: Int, key: some CodingKey) -> JSONValueDecoder {
        JSONValueDecoder(tape: tape, index: index, origin: .member(key, of: self), hasOptions: hasOptions)
    }

    @inline(__always)
    func child(at index: Int, element: Int) -> JSONValueDecoder {
        JSONValueDecoder(tape: tape, index: index, origin: .element(element, of: self), hasOptions: hasOptions)
    }

    /// All attachments of the packet.
    var attachments: [ByteBuffer] { source.attachments }

    var options: JSONOptions? { source.options }

    /// The text of the value, sharing the packet's storage.
    var text: ByteBuffer {
        guard index >= 0 else { return ByteBuffer(string: "null") }
        let range = tape.range(at: index)
        let text = source.text
        return text.getSlice(at: text.readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer()
    }

    private var source: (text: ByteBuffer, attachments: [ByteBuffer], options: JSONOptions?) {
        var node = self
        while true {
            switch node.origin {
            case .text(let text, let attachments, let options): return (text, attachments, options)
            case .member(_, let parent), .element(_, let parent): node = parent
            }
        }
    }

    var codingPath: [any CodingKey] {
        var path: [any CodingKey] = []
        var node = self
        while true {
            switch node.origin {
            case .text: return path.reversed()
            case .member(let key, let parent):
                path.append(key)
                node = parent
            case .element(let index, let parent):
                path.append(JSONCodingKey.index(index))
                node = parent
            }
        }
    }

    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard tape.kind(at: index) == .object else {
            throw failure([String: Any].self, what: "a keyed container")
        }
        prepareLookup()
        return KeyedDecodingContainer(JSONKeyedDecodingContainer<Key>(decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard tape.kind(at: index) == .array else {
            throw failure([Any].self, what: "an unkeyed container")
        }
        return JSONUnkeyedDecodingContainer(decoder: self)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        self
    }

    /// Why the value is not of this type: it is null, of another kind, or (a number) not representable.
    func failure(_ type: any Any.Type, what: String? = nil, expecting kind: JSONTape.Kind? = nil) -> DecodingError {
        let found = tape.kind(at: index)
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
    func decodeNil() -> Bool { tape.kind(at: index) == .null }

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
        try tape.value(type, at: index) { self }
    }

    private func scalar<S: JSONScalar>() throws -> S {
        guard let value = S.read(from: tape, at: index) else { return try substitute() }
        return value
    }
}

/// A key of a coding path that no type declared: an element's index, or a name such as `super`. The text of an index is
/// made only when it is asked for, and an existential holds either case without an allocation.
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
