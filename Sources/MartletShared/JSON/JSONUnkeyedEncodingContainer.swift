// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import JSONGrammar
internal import NIOCore

/// At most three words, so that an existential holds the container without an allocation.
struct JSONUnkeyedEncodingContainer: UnkeyedEncodingContainer {
    let fragment: JSONFragment
    let serial: Int

    var codingPath: [any CodingKey] { fragment.path }
    var count: Int { fragment.state.level.count }

    func encodeNil() throws { try element { _ in fragment.write(literal: "null") } }
    func encode(_ value: Bool) throws { try element { _ in fragment.write(bool: value) } }
    func encode(_ value: String) throws { try element { _ in fragment.write(string: value) } }
    func encode(_ value: Double) throws { try element { try fragment.write(float: value, step: $0) } }
    func encode(_ value: Float) throws { try element { try fragment.write(float: value, step: $0) } }
    func encode(_ value: Int) throws { try element { _ in fragment.write(integer: value) } }
    func encode(_ value: Int8) throws { try element { _ in fragment.write(integer: value) } }
    func encode(_ value: Int16) throws { try element { _ in fragment.write(integer: value) } }
    func encode(_ value: Int32) throws { try element { _ in fragment.write(integer: value) } }
    func encode(_ value: Int64) throws { try element { _ in fragment.write(integer: value) } }
    func encode(_ value: UInt) throws { try element { _ in fragment.write(integer: value) } }
    func encode(_ value: UInt8) throws { try element { _ in fragment.write(integer: value) } }
    func encode(_ value: UInt16) throws { try element { _ in fragment.write(integer: value) } }
    func encode(_ value: UInt32) throws { try element { _ in fragment.write(integer: value) } }
    func encode(_ value: UInt64) throws { try element { _ in fragment.write(integer: value) } }

    func encode<T: Encodable>(_ value: T) throws {
        try element { try fragment.write(value: value, step: $0) }
    }

    func encode<Bytes: Sequence>(contentsOf bytes: Bytes) throws where Bytes.Element == UInt8 {
        guard ByteCollection.isMemory(Bytes.self), count == 0, serial == fragment.state.level.serial else {
            for byte in bytes { try encode(byte) }
            return
        }
        fragment.replaceArray(withBinary: ByteBuffer(bytes: bytes))
    }

    func nestedContainer<NestedKey: CodingKey>(keyedBy keyType: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
        KeyedEncodingContainer(JSONKeyedEncodingContainer<NestedKey>(fragment: hole(.object), serial: 0))
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        JSONUnkeyedEncodingContainer(fragment: hole(.array), serial: 0)
    }

    func superEncoder() -> any Encoder {
        JSONValueEncoder(fragment: hole(.none), serial: 0)
    }

    private func hole(_ kind: JSONFragment.Kind) -> JSONFragment {
        var hole: JSONFragment?
        do {
            let step = JSONFragment.Step.index(count)
            try element { _ in hole = fragment.makeHole(at: step, kind: kind) }
        } catch {
            if fragment.context.misuse == nil { fragment.context.misuse = fragment.misuse() }
        }
        if let hole { return hole }
        let detached = fragment.makeDetached()
        if kind != .none { detached.open(kind) }
        return detached
    }

    /// Writes an element; `body` gets a function that makes the element's step of the coding path.
    @inline(__always)
    private func element(_ body: (() -> JSONFragment.Step?) throws -> Void) throws {
        guard serial == fragment.state.level.serial else { throw fragment.misuse() }
        let mark = fragment.mark
        if fragment.state.level.count > 0 { fragment.write(JSONByte.comma) }
        let index = fragment.state.level.count
        fragment.state.level.count += 1
        do {
            try body { .index(index) }
        } catch {
            fragment.rollBack(to: mark)
            throw error
        }
    }
}
