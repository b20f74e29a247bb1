// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import NIOCore

/// What is read only with other options than the default ones.
extension JSONValueDecoder {
    /// The value in the form of its type, if it has one.
    @inline(never)
    func valueWithOptions<T: Decodable>() throws -> T {
        if let form = options?.form(of: T.self) { return try form.read(self) }
        if options?.binary == .base64, tape.kind(at: index) == .string,
            let value = try ByteCollection.make(T.self, of: try base64())
        {
            return value
        }
        keepsKeys = T.self is any JSONStringDictionary.Type
        return try T(from: self)
    }

    /// The number that a string stands for.
    /// - Throws: the error of a value that is not of type `S`, unless there is such a number.
    @inline(never)
    func substitute<S: JSONScalar>() throws -> S {
        if let options, tape.kind(at: index) == .string {
            let string = tape.string(at: index)
            // The types are the same, so the bits are too.
            if S.self == Double.self, let number = options.number(for: string, as: Double.self) {
                return unsafeBitCast(number, to: S.self)
            }
            if S.self == Float.self, let number = options.number(for: string, as: Float.self) {
                return unsafeBitCast(number, to: S.self)
            }
        }
        throw failure(S.self, expecting: S.kind)
    }

    /// The bytes that a string in Base64 stands for.
    func base64() throws -> ByteBuffer {
        guard let options, options.binary == .base64, tape.kind(at: index) == .string else {
            throw failure(ByteBuffer.self, what: "binary")
        }
        guard let bytes = Base64.decode(ByteBuffer(string: tape.string(at: index))) else {
            throw corrupted("The string is not Base64.")
        }
        return bytes
    }

    /// The text of a number.
    func number() throws -> String {
        guard tape.kind(at: index) == .number else { throw failure(Double.self, what: "a number") }
        return String(buffer: text)
    }

    func corrupted(_ description: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: codingPath, debugDescription: description))
    }
}
