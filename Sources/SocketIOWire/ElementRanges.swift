// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The ranges of an array's elements in its text, counted from the text's start. The first five, enough for an event's
/// name and four arguments, are stored inline, so that a usual event allocates nothing. Further elements go to an
/// array.
struct ElementRanges: Sendable {
    private static let inlineCount = 5
    // Start and end in 32 bits each, since a ByteBuffer holds at most 2^32 bytes. Plain integers instead of a tuple of
    // pairs: Swift destroys the tuple by way of its runtime type description, 200 instructions a packet (x86-64,
    // November 2026).
    private var first: UInt64 = 0
    private var second: UInt64 = 0
    private var third: UInt64 = 0
    private var fourth: UInt64 = 0
    private var fifth: UInt64 = 0
    private var rest: [UInt64] = []
    private(set) var count = 0

    @inline(__always)
    mutating func append(from start: Int, to end: Int) {
        let element = UInt64(truncatingIfNeeded: start) << 32 | UInt64(UInt32(truncatingIfNeeded: end))
        switch count {
        case 0: first = element
        case 1: second = element
        case 2: third = element
        case 3: fourth = element
        case 4: fifth = element
        default: rest.append(element)
        }
        count += 1
    }

    mutating func removeAll() {
        if count > Self.inlineCount { rest = [] }
        count = 0
    }

    /// The range of element `index`, which must be below `count`.
    @inline(__always)
    subscript(index: Int) -> Range<Int> {
        let element =
            switch index {
            case 0: first
            case 1: second
            case 2: third
            case 3: fourth
            case 4: fifth
            default: rest[index - Self.inlineCount]
            }
        return Int(element >> 32)..<Int(element & 0xFFFF_FFFF)
    }

    /// The text of each element, without white space around it.
    /// - Parameter array: the text that was scanned.
    func slices(of array: ByteBuffer) -> [ByteBuffer] {
        (0..<count).compactMap { index in
            array.getSlice(at: array.readerIndex + self[index].lowerBound, length: self[index].count)
        }
    }
}
