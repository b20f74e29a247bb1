// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

struct JSONKeyedEncodingContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let fragment: JSONFragment
    let serial: Int

    var codingPath: [any CodingKey] { fragment.path }

    func encodeNil(forKey key: Key) throws { try encode(key) { fragment.write(literal: "null") } }
    func encode(_ value: Bool, forKey key: Key) throws { try encode(key) { fragment.write(bool: value) } }
    func encode(_ value: String, forKey key: Key) throws { try encode(key) { fragment.write(string: value) } }
    func encode(_ value: Int, forKey key: Key) throws { try encode(key) { fragment.write(integer: value) } }
    func encode(_ value: Int8, forKey key: Key) throws { try encode(key) { fragment.write(integer: value) } }
    func encode(_ value: Int16, forKey key: Key) throws { try encode(key) { fragment.write(integer: value) } }
    func encode(_ value: Int32, forKey key: Key) throws { try encode(key) { fragment.write(integer: value) } }
    func encode(_ value: Int64, forKey key: Key) throws { try encode(key) { fragment.write(integer: value) } }
    func encode(_ value: UInt, forKey key: Key) throws { try encode(key) { fragment.write(integer: value) } }
    func encode(_ value: UInt8, forKey key: Key) throws { try encode(key) { fragment.write(integer: value) } }
    func encode(_ value: UInt16, forKey key: Key) throws { try encode(key) { fragment.write(integer: value) } }
    func encode(_ value: UInt32, forKey key: Key) throws { try encode(key) { fragment.write(integer: value) } }
    func encode(_ value: UInt64, forKey key: Key) throws { try encode(key) { fragment.write(integer: value) } }

    func encode(_ value: Double, forKey key: Key) throws { try encode(float: value, forKey: key) }
    func encode(_ value: Float, forKey key: Key) throws { try encode(float: value, forKey: key) }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        try encodeThrowing(key) { try fragment.write(value: value, step: { .key(key) }) }
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        KeyedEncodingContainer(JSONKeyedEncodingContainer<NestedKey>(fragment: hole(key, .object), serial: 0))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        JSONUnkeyedEncodingContainer(fragment: hole(key, .array), serial: 0)
    }

    func superEncoder() -> any Encoder {
        JSONValueEncoder(fragment: hole(JSONCodingKey.superKey, .none), serial: 0)
    }

    func superEncoder(forKey key: Key) -> any Encoder {
        JSONValueEncoder(fragment: hole(key, .none), serial: 0)
    }

    private func hole(_ key: any CodingKey, _ kind: JSONFragment.Kind) -> JSONFragment {
        do {
            try write(key)
            return fragment.makeHole(at: .key(key), kind: kind)
        } catch {
            if fragment.context.misuse == nil { fragment.context.misuse = fragment.misuse() }
            let detached = fragment.makeDetached()
            if kind != .none { detached.open(kind) }
            return detached
        }
    }

    @inline(__always)
    private func write(_ key: some CodingKey) throws {
        guard serial == fragment.state.level.serial else { throw fragment.misuse() }
        if fragment.state.convertsKeys { return fragment.write(convertedKey: key.stringValue) }
        fragment.write(key: key.stringValue)
    }

    @inline(__always)
    private func encode(_ key: Key, _ body: () -> Void) throws {
        try write(key)
        body()
    }

    @inline(__always)
    private func encode<F: JSONFloat>(float: F, forKey key: Key) throws {
        // A finite number cannot throw, so it needs no mark to roll back to.
        if float.isFinite {
            try encode(key) { fragment.write(finite: float) }
        } else {
            try encodeThrowing(key) { try fragment.write(float: float, step: { .key(key) }) }
        }
    }

    @inline(__always)
    private func encodeThrowing(_ key: Key, _ body: () throws -> Void) throws {
        let mark = fragment.mark
        do {
            try write(key)
            try body()
        } catch {
            if serial == mark.level.serial { fragment.rollBack(to: mark) }
            throw error
        }
    }
}
