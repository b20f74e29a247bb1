// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import JSONGrammar
internal import NIOCore

extension JSONFragment {
    /// Writes a value of any type. Every generic `encode` ends here, because standard library types encode their
    /// elements through it. Types that need no encoder are recognized by identity, which takes a few comparisons of
    /// addresses.
    /// - Parameter step: makes the value's step of the coding path, if it has one; called only when needed.
    func write<T: Encodable>(value: T, step: () -> Step?) throws {
        if T.self == String.self { return write(string: cast(value)) }
        if T.self == Int.self { return write(integer: cast(value) as Int) }
        if T.self == Double.self { return try write(float: cast(value) as Double, step: step) }
        if T.self == Bool.self { return write(bool: cast(value)) }
        if T.self == UInt8.self { return write(integer: cast(value) as UInt8) }
        if T.self == Int64.self { return write(integer: cast(value) as Int64) }
        if T.self == ByteBuffer.self { return write(binary: cast(value)) }
        if T.self == [UInt8].self { return write(binary: ByteBuffer(bytes: cast(value) as [UInt8])) }
        if T.self == [String].self { return write(elements: cast(value) as [String]) { write(string: $0) } }
        if T.self == [Int].self { return write(elements: cast(value) as [Int]) { write(integer: $0) } }
        if T.self == [Bool].self { return write(elements: cast(value) as [Bool]) { write(bool: $0) } }
        if T.self == [String: String].self {
            return write(members: cast(value) as [String: String]) { write(string: $0) }
        }
        if T.self == [String: Int].self { return write(members: cast(value) as [String: Int]) { write(integer: $0) } }
        if context.hasOptions { return try writeWithOptions(value, step: step) }
        try writeEncoding(value, step: step)
    }

    @inline(never)
    private func writeWithOptions<T: Encodable>(_ value: T, step: () -> Step?) throws {
        if let form = context.options?.form(of: T.self) { return try form.write(value, self, step) }
        let outer = state.convertsKeys
        state.convertsKeys = context.convertsKeys && !(value is any JSONStringDictionary)
        defer { state.convertsKeys = outer }
        try writeEncoding(value, step: step)
    }

    /// Lets the value encode itself.
    private func writeEncoding<T: Encodable>(_ value: T, step: () -> Step?) throws {
        let outer = state.level
        let depth = state.steps.count
        if let step = step() { state.steps.append(step) }
        state.level = nextLevel()
        try value.encode(to: JSONValueEncoder(fragment: self, serial: state.level.serial))
        state.isEmptyValue = state.level.kind == .none
        close()
        state.level = outer
        if state.steps.count > depth { state.steps.removeLast() }
    }

    /// Socket.IO protocol 5: binary data is an attachment, and a placeholder stands for it in the text.
    func write(binary: ByteBuffer) {
        if context.hasOptions, context.options?.binary == .base64 { return write(base64: binary) }
        write(literal: "{\"_placeholder\":true,\"num\":")
        write(integer: context.attachments.count)
        write(JSONByte.closeBrace)
        context.attachments.append(binary)
    }

    private func write(base64 binary: ByteBuffer) {
        var text = ByteBuffer()
        Base64.encode(binary, into: &text)
        write(JSONByte.quote)
        write(text)
        write(JSONByte.quote)
    }

    @inline(__always)
    private func write<E>(elements: [E], _ body: (E) -> Void) {
        var separator = JSONByte.openBracket
        for element in elements {
            write(separator)
            body(element)
            separator = JSONByte.comma
        }
        if elements.isEmpty { write(separator) }
        write(JSONByte.closeBracket)
    }

    @inline(__always)
    private func write<V>(members: [String: V], _ body: (V) -> Void) {
        var separator = JSONByte.openBrace
        for (key, value) in members {
            write(separator)
            write(string: key)
            write(JSONByte.colon)
            body(value)
            separator = JSONByte.comma
        }
        if members.isEmpty { write(separator) }
        write(JSONByte.closeBrace)
    }

    /// Returns the value as `To`, which must be its actual type.
    @inline(__always)
    private func cast<From, To>(_ value: From) -> To {
        unsafeBitCast(value, to: To.self)
    }
}
