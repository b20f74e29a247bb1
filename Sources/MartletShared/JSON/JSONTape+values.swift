// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

extension JSONTape {
    /// Decodes the value at `index` as any type. Every generic `decode` ends here, because standard library types
    /// decode their elements through it. Types that need no decoder are recognized by identity, which takes a few
    /// comparisons of addresses.
    /// - Parameter decoder: makes the value's decoder; called only when needed, for a type's own code, for attachments,
    ///   or for an error.
    func value<T: Decodable>(_ type: T.Type, at index: Int, decoder: () -> JSONValueDecoder) throws -> T {
        // If the value does not fit the type, the type's own code throws.
        switch kind(at: index) {
        case .object:
            if T.self == [String: String].self { return cast(try dictionary(of: String.self, at: index, decoder)) }
            if T.self == [String: Int].self { return cast(try dictionary(of: Int.self, at: index, decoder)) }
        case .array:
            if T.self == [String].self { return cast(try array(of: String.self, at: index, decoder)) }
            if T.self == [Int].self { return cast(try array(of: Int.self, at: index, decoder)) }
            if T.self == [Double].self { return cast(try array(of: Double.self, at: index, decoder)) }
        case .null, .bool, .number, .string:
            if T.self == String.self { return cast(try scalar(String.self, at: index, decoder)) }
            if T.self == Int.self { return cast(try scalar(Int.self, at: index, decoder)) }
            if T.self == Double.self { return cast(try scalar(Double.self, at: index, decoder)) }
            if T.self == Bool.self { return cast(try scalar(Bool.self, at: index, decoder)) }
            if T.self == UInt8.self { return cast(try scalar(UInt8.self, at: index, decoder)) }
            if T.self == Int64.self { return cast(try scalar(Int64.self, at: index, decoder)) }
        }
        if T.self == ByteBuffer.self { return cast(try binary(at: index, decoder)) }
        if T.self == [UInt8].self { return cast(try bytes(at: index, decoder)) }
        if placeholder(at: index) != nil,
            let value = try ByteCollection.make(type, of: try binary(at: index, decoder))
        {
            return value
        }
        let decoder = decoder()
        if decoder.hasOptions { return try decoder.valueWithOptions() }
        return try T(from: decoder)
    }

    /// Returns the value as `To`, which must be its actual type.
    @inline(__always)
    private func cast<From, To>(_ value: From) -> To {
        unsafeBitCast(value, to: To.self)
    }

    @inline(__always)
    private func scalar<S: JSONScalar>(_ type: S.Type, at index: Int, _ decoder: () -> JSONValueDecoder) throws -> S {
        guard let value = S.read(from: self, at: index) else { return try decoder().substitute() }
        return value
    }

    /// - Parameter index: the index of an array.
    private func array<S: JSONScalar>(of type: S.Type, at index: Int, _ decoder: () -> JSONValueDecoder) throws -> [S] {
        var elements: [S] = []
        elements.reserveCapacity(count(at: index))
        var element = first(in: index)
        for position in 0..<count(at: index) {
            // Appended directly: a value in a variable would be copied.
            elements.append(try scalar(S.self, at: element) { decoder().child(at: element, element: position) })
            element = next(after: element)
        }
        return elements
    }

    /// - Parameter index: the index of an object.
    private func dictionary<S: JSONScalar>(
        of type: S.Type, at index: Int, _ decoder: () -> JSONValueDecoder
    ) throws -> [String: S] {
        var members = [String: S](minimumCapacity: count(at: index))
        var member = first(in: index)
        for _ in 0..<count(at: index) {
            let key = string(at: member)
            let value = try scalar(S.self, at: member + 1) {
                decoder().child(at: member + 1, key: JSONCodingKey.name(key))
            }
            if members[key] == nil { members[key] = value }
            member = next(after: member + 1)
        }
        return members
    }

    /// The attachment that a placeholder names.
    private func binary(at index: Int, _ decoder: () -> JSONValueDecoder) throws -> ByteBuffer {
        guard let number = placeholder(at: index) else { return try decoder().base64() }
        let attachments = decoder().attachments
        guard attachments.indices.contains(number) else {
            throw decoder().corrupted("There is no attachment \(number).")
        }
        return attachments[number]
    }

    /// Bytes from an attachment, or from an array of numbers.
    private func bytes(at index: Int, _ decoder: () -> JSONValueDecoder) throws -> [UInt8] {
        if kind(at: index) == .array { return try array(of: UInt8.self, at: index, decoder) }
        return Array(try binary(at: index, decoder).readableBytesView)
    }
}
