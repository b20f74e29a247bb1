// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletShared
internal import NIOCore

extension MessagePackTape {
    /// Decodes the value at `index` as any type. Every generic `decode` ends here, because standard library types
    /// decode their elements through it. Types that need no decoder are recognized by identity, which takes a few
    /// comparisons of addresses.
    /// - Parameter decoder: makes the value's decoder; called only when needed, for a type's own code or for an error.
    func value<T: Decodable>(_ type: T.Type, at index: Int, decoder: () -> MessagePackValueDecoder) throws -> T {
        // If the value does not fit the type, the type's own code throws.
        if T.self == String.self { return self.cast(try self.required(String.self, at: index, decoder)) }
        if T.self == Int.self { return self.cast(try self.required(Int.self, at: index, decoder)) }
        if T.self == Double.self { return self.cast(try self.required(Double.self, at: index, decoder)) }
        if T.self == Bool.self { return self.cast(try self.required(Bool.self, at: index, decoder)) }
        if T.self == ByteBuffer.self {
            guard let binary = self.binary(at: index) else { throw decoder().failure(type, expecting: .binary) }
            return self.cast(binary)
        }
        if T.self == [UInt8].self {
            if self.kind(at: index) == .array { return self.cast(try self.array(of: UInt8.self, at: index, decoder)) }
            guard let binary = self.binary(at: index) else { throw decoder().failure(type, expecting: .binary) }
            return self.cast(Array(binary.readableBytesView))
        }
        if self.kind(at: index) == .array {
            if T.self == [String].self { return self.cast(try self.array(of: String.self, at: index, decoder)) }
            if T.self == [Int].self { return self.cast(try self.array(of: Int.self, at: index, decoder)) }
            if T.self == [Double].self { return self.cast(try self.array(of: Double.self, at: index, decoder)) }
        }
        if let binary = self.binary(at: index), let value = ByteCollection.make(type, of: binary) { return value }
        return try T(from: decoder())
    }

    /// Returns the value as `To`, which must be its actual type.
    @inline(__always)
    private func cast<From, To>(_ value: From) -> To {
        unsafeBitCast(value, to: To.self)
    }

    @inline(__always)
    private func required<Scalar: MessagePackScalar>(
        _ type: Scalar.Type, at index: Int, _ decoder: () -> MessagePackValueDecoder
    ) throws -> Scalar {
        guard let value = self.scalar(Scalar.self, at: index) else { throw decoder().failure(type) }
        return value
    }

    /// - Parameter index: the index of an array.
    private func array<Scalar: MessagePackScalar>(
        of type: Scalar.Type, at index: Int, _ decoder: () -> MessagePackValueDecoder
    ) throws -> [Scalar] {
        var elements: [Scalar] = []
        elements.reserveCapacity(self.count(at: index))
        var element = self.first(in: index)
        for position in 0..<self.count(at: index) {
            elements.append(
                try self.required(type, at: element) { decoder().child(at: element, .index(position)) })
            element = self.next(after: element)
        }
        return elements
    }
}
