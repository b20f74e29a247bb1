// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The `Encoder` of one value, and its single value container. It has two words, so that an existential holds it
/// without an allocation.
struct JSONValueEncoder: Encoder {
    let fragment: JSONFragment
    let serial: Int

    var codingPath: [any CodingKey] { fragment.path }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        let fragment = opened(.object)
        return KeyedEncodingContainer(
            JSONKeyedEncodingContainer<Key>(fragment: fragment, serial: fragment.state.level.serial)
        )
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        let fragment = opened(.array)
        return JSONUnkeyedEncodingContainer(fragment: fragment, serial: fragment.state.level.serial)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    /// Opens a container of this kind for the value, and returns its fragment. A class and its superclass may each ask
    /// for a container of the same encoder, and share it. A request for another kind, or after the value is complete,
    /// gets a fragment that is discarded.
    @inline(__always)
    private func opened(_ kind: JSONFragment.Kind) -> JSONFragment {
        if serial == fragment.state.level.serial {
            if fragment.state.level.kind == .none { fragment.open(kind) }
            if fragment.state.level.kind == kind { return fragment }
        }
        let detached = fragment.makeDetached()
        detached.open(kind)
        if fragment.context.misuse == nil { fragment.context.misuse = fragment.misuse() }
        return detached
    }

    /// Copies the text of a raw value.
    func encodeRaw(_ value: some RawJSONConvertible) throws {
        try encodeSingle {
            var text = ByteBuffer()
            // `write` gets a copy, so that its access cannot overlap with other accesses to the property.
            var attachments = fragment.context.attachments
            try value.write(into: &text, attachments: &attachments)
            fragment.context.attachments = attachments
            fragment.write(text)
        }
    }
}

extension JSONValueEncoder: SingleValueEncodingContainer {
    func encodeNil() throws { try encodeSingle { fragment.write(literal: "null") } }
    func encode(_ value: Bool) throws { try encodeSingle { fragment.write(bool: value) } }
    func encode(_ value: String) throws { try encodeSingle { fragment.write(string: value) } }
    func encode(_ value: Double) throws { try encodeSingle { try fragment.write(float: value, step: { nil }) } }
    func encode(_ value: Float) throws { try encodeSingle { try fragment.write(float: value, step: { nil }) } }
    func encode(_ value: Int) throws { try encodeSingle { fragment.write(integer: value) } }
    func encode(_ value: Int8) throws { try encodeSingle { fragment.write(integer: value) } }
    func encode(_ value: Int16) throws { try encodeSingle { fragment.write(integer: value) } }
    func encode(_ value: Int32) throws { try encodeSingle { fragment.write(integer: value) } }
    func encode(_ value: Int64) throws { try encodeSingle { fragment.write(integer: value) } }
    func encode(_ value: UInt) throws { try encodeSingle { fragment.write(integer: value) } }
    func encode(_ value: UInt8) throws { try encodeSingle { fragment.write(integer: value) } }
    func encode(_ value: UInt16) throws { try encodeSingle { fragment.write(integer: value) } }
    func encode(_ value: UInt32) throws { try encodeSingle { fragment.write(integer: value) } }
    func encode(_ value: UInt64) throws { try encodeSingle { fragment.write(integer: value) } }

    func encode<T: Encodable>(_ value: T) throws {
        try encodeSingle { try fragment.write(value: value, step: { nil }) }
    }

    @inline(__always)
    private func encodeSingle(_ body: () throws -> Void) throws {
        guard serial == fragment.state.level.serial, fragment.state.level.kind == .none else { throw fragment.misuse() }
        let mark = fragment.mark
        do {
            try body()
        } catch {
            fragment.rollBack(to: mark)
            throw error
        }
        fragment.state.level.kind = .single
    }
}

extension JSONFragment {
    func misuse() -> EncodingError {
        .invalidValue(
            path.last?.stringValue ?? "",
            .init(
                codingPath: path,
                debugDescription: "A value was encoded twice, in two kinds of containers, or after its encode(to:)."
            )
        )
    }
}
