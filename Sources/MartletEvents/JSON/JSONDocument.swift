// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The text of one argument, checked, with its structure and the attachments that it may name.
///
/// Decoders and containers hold it strongly, so that one which a user's type keeps stays valid.
final class JSONDocument {
    /// Keeps the bytes at `base` alive, and, being a second reference to them, keeps their owner from changing them.
    private let buffer: ByteBuffer
    let base: UnsafePointer<UInt8>
    let tape: JSONTape
    let attachments: [ByteBuffer]

    /// - Throws: `DecodingError.dataCorrupted` if the text is not exactly one JSON value in UTF-8.
    init(_ buffer: ByteBuffer, attachments: [ByteBuffer]) throws {
        let base = buffer.withUnsafeReadableBytes { $0.baseAddress?.assumingMemoryBound(to: UInt8.self) }
        guard let base, buffer.readableBytes > 0 else { throw Self.corrupted("The text is empty.") }
        do {
            tape = try JSONScanner(base: base, count: buffer.readableBytes).scan()
        } catch {
            throw Self.corrupted("The text is not JSON at byte \(error.offset): \(error.message)")
        }
        self.base = base
        self.buffer = buffer
        self.attachments = attachments
    }

    private static func corrupted(_ description: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: [], debugDescription: description))
    }

    /// What stands in place of a value that the text has not, as `superDecoder()` may ask for: it reads as null.
    static var missing: Int { -1 }

    enum Kind {
        case null, bool, number, string, array, object
    }

    @inline(__always)
    func kind(at index: Int) -> Kind {
        guard index >= 0 else { return .null }
        switch base[Int(tape.entries[index].start)] {
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        default: return .number
        }
    }

    /// The number of members or elements of a container.
    @inline(__always)
    func count(at container: Int) -> Int {
        Int(tape.entries[container + 1].start & ~JSONTape.repeatsKeys)
    }

    /// Whether keys of an object may be equal, when it has less than ``JSONScanner/manyMembers``.
    @inline(__always)
    func repeatsKeys(at object: Int) -> Bool {
        tape.entries[object + 1].start & JSONTape.repeatsKeys != 0
    }

    /// The index of the first key or element of a container.
    @inline(__always)
    func first(in container: Int) -> Int {
        container + 2
    }

    /// The index of the entry that follows the value, with all that is in it.
    @inline(__always)
    func next(after index: Int) -> Int {
        tape.next(after: index, in: base)
    }

    /// The text of one value, sharing the packet's storage.
    func text(at index: Int) -> ByteBuffer {
        guard index >= 0 else { return ByteBuffer(string: "null") }
        let entry = tape.entries[index]
        let start = Int(entry.start)
        let end: Int
        switch base[start] {
        case UInt8(ascii: "\""): end = start + Int(entry.detail >> 1) + 2
        case UInt8(ascii: "{"), UInt8(ascii: "["): end = Int(tape.entries[index + 1].detail)
        case UInt8(ascii: "t"), UInt8(ascii: "n"): end = start + 4
        case UInt8(ascii: "f"): end = start + 5
        default: end = Int(entry.detail)
        }
        return buffer.getSlice(at: buffer.readerIndex + start, length: end - start) ?? ByteBuffer()
    }

    /// The attachment number that the value names, if it has the form of a placeholder.
    func placeholder(at index: Int) -> Int? {
        guard kind(at: index) == .object, count(at: index) == 2 else { return nil }
        var isPlaceholder = false
        var number: Int?
        var key = first(in: index)
        for _ in 0..<2 {
            if isString(at: key, equalTo: "_placeholder") {
                isPlaceholder = Bool.read(from: self, at: key + 1) ?? false
            } else if isString(at: key, equalTo: "num") {
                number = Int.read(from: self, at: key + 1)
            }
            key = next(after: key + 1)
        }
        return isPlaceholder ? number : nil
    }

    private func isString(at index: Int, equalTo literal: StaticString) -> Bool {
        isString(at: index, equalTo: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }
}
