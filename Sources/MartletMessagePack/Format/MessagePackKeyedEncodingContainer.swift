// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

struct MessagePackKeyedEncodingContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let fragment: MessagePackFragment
    let serial: Int

    var codingPath: [any CodingKey] { self.fragment.path }

    func encodeNil(forKey key: Key) throws { try self.encode(key) { self.fragment.writeNil() } }
    func encode(_ value: Bool, forKey key: Key) throws { try self.encode(key) { self.fragment.write(bool: value) } }
    func encode(_ value: String, forKey key: Key) throws { try self.encode(key) { self.fragment.write(string: value) } }
    func encode(_ value: Double, forKey key: Key) throws { try self.encode(key) { self.fragment.write(float: value) } }
    func encode(_ value: Float, forKey key: Key) throws { try self.encode(key) { self.fragment.write(float: value) } }
    func encode(_ value: Int, forKey key: Key) throws { try self.encode(integer: value, key) }
    func encode(_ value: Int8, forKey key: Key) throws { try self.encode(integer: value, key) }
    func encode(_ value: Int16, forKey key: Key) throws { try self.encode(integer: value, key) }
    func encode(_ value: Int32, forKey key: Key) throws { try self.encode(integer: value, key) }
    func encode(_ value: Int64, forKey key: Key) throws { try self.encode(integer: value, key) }
    func encode(_ value: UInt, forKey key: Key) throws { try self.encode(integer: value, key) }
    func encode(_ value: UInt8, forKey key: Key) throws { try self.encode(integer: value, key) }
    func encode(_ value: UInt16, forKey key: Key) throws { try self.encode(integer: value, key) }
    func encode(_ value: UInt32, forKey key: Key) throws { try self.encode(integer: value, key) }
    func encode(_ value: UInt64, forKey key: Key) throws { try self.encode(integer: value, key) }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        let mark = self.fragment.mark
        do {
            try self.write(key)
            try self.fragment.write(value: value, step: { .key(key) })
        } catch {
            if self.serial == mark.level.serial { self.fragment.rollBack(to: mark) }
            throw error
        }
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        KeyedEncodingContainer(
            MessagePackKeyedEncodingContainer<NestedKey>(fragment: self.hole(key, .map), serial: 0))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        MessagePackUnkeyedEncodingContainer(fragment: self.hole(key, .array), serial: 0)
    }

    func superEncoder() -> any Encoder {
        MessagePackValueEncoder(fragment: self.hole(MessagePackKey.superKey, .none), serial: 0)
    }

    func superEncoder(forKey key: Key) -> any Encoder {
        MessagePackValueEncoder(fragment: self.hole(key, .none), serial: 0)
    }

    private func hole(_ key: some CodingKey, _ kind: MessagePackFragment.Kind) -> MessagePackFragment {
        guard (try? self.write(key)) != nil else { return self.fragment.makeDetached(kind) }
        return self.fragment.makeHole(at: .key(key), kind: kind)
    }

    private func write(_ key: some CodingKey) throws {
        guard self.serial == self.fragment.state.level.serial else { throw self.fragment.misuse() }
        self.fragment.write(key: key.stringValue)
    }

    @inline(__always)
    private func encode(_ key: Key, _ body: () -> Void) throws {
        try self.write(key)
        body()
    }

    @inline(__always)
    private func encode<Integer: FixedWidthInteger>(integer: Integer, _ key: Key) throws {
        try self.encode(key) { self.fragment.write(integer: integer) }
    }
}
