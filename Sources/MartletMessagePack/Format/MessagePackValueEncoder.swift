// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The `Encoder` of one value, and its single value container.
struct MessagePackValueEncoder: Encoder {
    let fragment: MessagePackFragment
    let serial: Int

    var codingPath: [any CodingKey] { self.fragment.path }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        let fragment = self.opened(.map)
        return KeyedEncodingContainer(
            MessagePackKeyedEncodingContainer<Key>(fragment: fragment, serial: fragment.state.level.serial))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        let fragment = self.opened(.array)
        return MessagePackUnkeyedEncodingContainer(fragment: fragment, serial: fragment.state.level.serial)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    /// Opens a container of this kind for the value, and returns its fragment. A class and its superclass may each ask
    /// for a container of the same encoder, and share it. A request for another kind, or after the value is complete,
    /// gets a fragment that is discarded.
    private func opened(_ kind: MessagePackFragment.Kind) -> MessagePackFragment {
        if self.serial == self.fragment.state.level.serial {
            if self.fragment.state.level.kind == .none { self.fragment.open(kind) }
            if self.fragment.state.level.kind == kind { return self.fragment }
        }
        return self.fragment.makeDetached(kind)
    }
}

extension MessagePackValueEncoder: SingleValueEncodingContainer {
    func encodeNil() throws { try self.encodeSingle { self.fragment.writeNil() } }
    func encode(_ value: Bool) throws { try self.encodeSingle { self.fragment.write(bool: value) } }
    func encode(_ value: String) throws { try self.encodeSingle { self.fragment.write(string: value) } }
    func encode(_ value: Double) throws { try self.encodeSingle { self.fragment.write(float: value) } }
    func encode(_ value: Float) throws { try self.encodeSingle { self.fragment.write(float: value) } }
    func encode(_ value: Int) throws { try self.encodeSingle { self.fragment.write(integer: value) } }
    func encode(_ value: Int8) throws { try self.encodeSingle { self.fragment.write(integer: value) } }
    func encode(_ value: Int16) throws { try self.encodeSingle { self.fragment.write(integer: value) } }
    func encode(_ value: Int32) throws { try self.encodeSingle { self.fragment.write(integer: value) } }
    func encode(_ value: Int64) throws { try self.encodeSingle { self.fragment.write(integer: value) } }
    func encode(_ value: UInt) throws { try self.encodeSingle { self.fragment.write(integer: value) } }
    func encode(_ value: UInt8) throws { try self.encodeSingle { self.fragment.write(integer: value) } }
    func encode(_ value: UInt16) throws { try self.encodeSingle { self.fragment.write(integer: value) } }
    func encode(_ value: UInt32) throws { try self.encodeSingle { self.fragment.write(integer: value) } }
    func encode(_ value: UInt64) throws { try self.encodeSingle { self.fragment.write(integer: value) } }

    func encode<T: Encodable>(_ value: T) throws {
        try self.encodeSingle { try self.fragment.write(value: value, step: { nil }) }
    }

    private func encodeSingle(_ body: () throws -> Void) throws {
        guard self.serial == self.fragment.state.level.serial, self.fragment.state.level.kind == .none else {
            throw self.fragment.misuse()
        }
        let mark = self.fragment.mark
        do {
            try body()
        } catch {
            self.fragment.rollBack(to: mark)
            throw error
        }
        self.fragment.state.level.kind = .single
    }
}
