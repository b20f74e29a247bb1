// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletShared
internal import NIOCore

struct MessagePackUnkeyedEncodingContainer: UnkeyedEncodingContainer {
    let fragment: MessagePackFragment
    let serial: Int

    var codingPath: [any CodingKey] { self.fragment.path }
    var count: Int { self.fragment.state.level.count }

    func encodeNil() throws { try self.element { _ in self.fragment.writeNil() } }
    func encode(_ value: Bool) throws { try self.element { _ in self.fragment.write(bool: value) } }
    func encode(_ value: String) throws { try self.element { _ in self.fragment.write(string: value) } }
    func encode(_ value: Double) throws { try self.element { _ in self.fragment.write(float: value) } }
    func encode(_ value: Float) throws { try self.element { _ in self.fragment.write(float: value) } }
    func encode(_ value: Int) throws { try self.encode(integer: value) }
    func encode(_ value: Int8) throws { try self.encode(integer: value) }
    func encode(_ value: Int16) throws { try self.encode(integer: value) }
    func encode(_ value: Int32) throws { try self.encode(integer: value) }
    func encode(_ value: Int64) throws { try self.encode(integer: value) }
    func encode(_ value: UInt) throws { try self.encode(integer: value) }
    func encode(_ value: UInt8) throws { try self.encode(integer: value) }
    func encode(_ value: UInt16) throws { try self.encode(integer: value) }
    func encode(_ value: UInt32) throws { try self.encode(integer: value) }
    func encode(_ value: UInt64) throws { try self.encode(integer: value) }

    func encode<T: Encodable>(_ value: T) throws {
        try self.element { index in try self.fragment.write(value: value, step: { .index(index) }) }
    }

    func encode<Bytes: Sequence>(contentsOf bytes: Bytes) throws where Bytes.Element == UInt8 {
        guard ByteCollection.isMemory(Bytes.self), self.count == 0, self.serial == self.fragment.state.level.serial
        else {
            for byte in bytes { try self.encode(byte) }
            return
        }
        self.fragment.replaceArray(withBinary: ByteBuffer(bytes: bytes))
    }

    func nestedContainer<NestedKey: CodingKey>(keyedBy keyType: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
        KeyedEncodingContainer(MessagePackKeyedEncodingContainer<NestedKey>(fragment: self.hole(.map), serial: 0))
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        MessagePackUnkeyedEncodingContainer(fragment: self.hole(.array), serial: 0)
    }

    func superEncoder() -> any Encoder {
        MessagePackValueEncoder(fragment: self.hole(.none), serial: 0)
    }

    private func hole(_ kind: MessagePackFragment.Kind) -> MessagePackFragment {
        let hole = try? self.element { index in self.fragment.makeHole(at: .index(index), kind: kind) }
        return hole ?? self.fragment.makeDetached(kind)
    }

    /// Writes an element.
    /// - Parameter body: gets the index of the element.
    @inline(__always)
    private func element<Result>(_ body: (Int) throws -> Result) throws -> Result {
        guard self.serial == self.fragment.state.level.serial else { throw self.fragment.misuse() }
        let mark = self.fragment.mark
        let index = self.fragment.state.level.count
        self.fragment.state.level.count += 1
        do {
            return try body(index)
        } catch {
            self.fragment.rollBack(to: mark)
            throw error
        }
    }

    @inline(__always)
    private func encode<Integer: FixedWidthInteger>(integer: Integer) throws {
        try self.element { _ in self.fragment.write(integer: integer) }
    }
}
