// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The structure of a MessagePack value in a flat array: one entry a value, in the order of the bytes, keys included.
///
/// The tape is made in one pass (``MessagePackScanner``), and lets a decoder skip any value in one step. Without it, a
/// decoder would scan the bytes again for every level: a peer's deeply nested value would take time in proportion to
/// depth times size.
///
/// - A scalar has one entry: `start` is its offset, `detail` the offset of its end.
/// - A container has two: `start` is its offset, `detail` the index of the entry after the last one of the container;
///   then `start` is the number of values in it, `detail` the offset of its end.
final class MessagePackTape {
    struct Entry {
        var start: UInt32
        var detail: UInt32
    }

    /// The index of a value that there is not, for which `superDecoder()` may ask: it reads as null.
    static let missing = -1

    let bytes: MessagePackBytes
    let isLenient: Bool
    private let entries: UnsafeMutablePointer<Entry>
    /// Holds the memory of `bytes`: a ByteBuffer that writes to memory which others share makes a copy first.
    private let buffer: ByteBuffer

    /// - Parameter isLenient: see ``MessagePackScanner``.
    /// - Throws: unless `buffer` is exactly one valid value.
    init(
        of buffer: ByteBuffer, maxDepth: Int = MessagePackScanner.maxDepth, isLenient: Bool = false
    ) throws(MessagePackFault) {
        // Offsets, and twice as many entries as bytes, fit 32 bits.
        guard buffer.readableBytes < Int(Int32.max),
            let bytes = buffer.withUnsafeReadableBytes({ MessagePackBytes($0) })
        else { throw .malformed }
        self.entries = try MessagePackScanner.scan(bytes, maxDepth: maxDepth, isLenient: isLenient)
        self.bytes = bytes
        self.isLenient = isLenient
        self.buffer = buffer
    }

    deinit { self.entries.deallocate() }

    @inline(__always)
    func start(of index: Int) -> Int { Int(self.entries[index].start) }

    func kind(at index: Int) -> MessagePackHead.Kind {
        // All values of the tape have been scanned.
        index < 0 ? .null : self.bytes.head(at: self.start(of: index))?.kind ?? .null
    }

    private func isContainer(_ index: Int) -> Bool {
        let kind = self.kind(at: index)
        return kind == .array || kind == .map
    }

    /// The number of elements of an array, or of members of a map.
    func count(at container: Int) -> Int {
        let values = Int(self.entries[container + 1].start)
        return self.kind(at: container) == .map ? values / 2 : values
    }

    /// The index of the first element or key of a container.
    func first(in container: Int) -> Int { container + 2 }

    /// The index of the entry after a value and all that belongs to it.
    func next(after index: Int) -> Int {
        self.isContainer(index) ? Int(self.entries[index].detail) : index + 1
    }

    /// The offsets of the value at `index` and all that belongs to it.
    func range(at index: Int) -> Range<Int> {
        self.start(of: index)..<Int(self.entries[self.isContainer(index) ? index + 1 : index].detail)
    }

    /// The bytes of the value at `index`, sharing their memory.
    func slice(at index: Int) -> ByteBuffer {
        guard index >= 0 else { return ByteBuffer(bytes: [0xC0]) }
        let range = self.range(at: index)
        // The range lies within the buffer, so the slice always exists.
        return self.buffer.getSlice(at: self.buffer.readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer()
    }

    /// The body of a string, of binary data or of an extension.
    func body(at index: Int) -> UnsafeRawBufferPointer {
        guard index >= 0, let head = self.bytes.head(at: self.start(of: index)) else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return self.bytes.body(head, at: self.start(of: index))
    }

    /// The binary data at `index`, copied: the buffer may be memory that is used again. Nil for a value of another kind.
    func binary(at index: Int) -> ByteBuffer? {
        self.kind(at: index) == .binary ? ByteBuffer(bytes: self.body(at: index)) : nil
    }

    /// The timestamp at `index`; nil for a value of another kind.
    func timestamp(at index: Int) -> MessagePackTimestamp? {
        guard let head = self.bytes.head(at: self.start(of: index)), head.kind == .ext,
            self.bytes.extType(head, at: self.start(of: index)) == MessagePackTimestamp.type
        else { return nil }
        return MessagePackTimestamp(self.body(at: index))
    }

    /// The value of a scalar; nil if it is of another kind, or is a number that the type cannot hold.
    func scalar<Scalar: MessagePackScalar>(_ type: Scalar.Type = Scalar.self, at index: Int) -> Scalar? {
        index < 0 ? nil : Scalar.read(from: self.bytes, at: self.start(of: index))
    }

    /// Whether the value at `index` is the string with these bytes.
    @inline(__always)
    func isString(at index: Int, equalTo utf8: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let head = self.bytes.head(at: self.start(of: index)), head.kind == .string, head.length == utf8.count
        else { return false }
        return self.bytes.body(head, at: self.start(of: index)).elementsEqual(utf8)
    }
}
