// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Where the elements of an array lie in its text, counted from the text's start. The first five, an event's name and
/// four arguments, are held inline, so that the usual event allocates nothing; the others go to an array.
struct ElementRanges: Sendable {
    /// 32 bits each: a ByteBuffer holds no more.
    typealias Element = (start: UInt32, end: UInt32)

    private static let inlineCount = 5
    private var inline: (Element, Element, Element, Element, Element) = ((0, 0), (0, 0), (0, 0), (0, 0), (0, 0))
    private var rest: [Element] = []
    private(set) var count = 0

    @inline(__always)
    mutating func append(from start: Int, to end: Int) {
        let element = (UInt32(truncatingIfNeeded: start), UInt32(truncatingIfNeeded: end))
        switch count {
        case 0: inline.0 = element
        case 1: inline.1 = element
        case 2: inline.2 = element
        case 3: inline.3 = element
        case 4: inline.4 = element
        default: rest.append(element)
        }
        count += 1
    }

    /// The range of element `index`, which must be below `count`.
    @inline(__always)
    subscript(index: Int) -> Range<Int> {
        let element =
            switch index {
            case 0: inline.0
            case 1: inline.1
            case 2: inline.2
            case 3: inline.3
            case 4: inline.4
            default: rest[index - Self.inlineCount]
            }
        return Int(element.start)..<Int(element.end)
    }
}
