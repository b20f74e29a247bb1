// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import JSONGrammar

/// A ``JSONTape`` that is being made. The writer owns its entries until it is finished.
///
/// The scanner's writer stays in registers if no call takes its address: therefore functions that are not inlined are
/// static.
struct JSONTapeWriter: ~Copyable {
    private typealias Entry = JSONTape.Entry

    private let text: UnsafePointer<UInt8>
    private var entries: UnsafeMutablePointer<Entry>
    private var count = 0
    private var capacity: Int
    /// The innermost open container. While it is open, the `detail` of its second entry is the index of the container
    /// around it, and the `detail` of its first entry has the marks of its keys so far.
    private var container: UnsafeMutablePointer<Entry>

    /// - Parameter byteCount: the size of the text; typical messages have an entry for every 6 to 10 bytes.
    init(text: UnsafePointer<UInt8>, byteCount: Int) {
        self.text = text
        capacity = min(byteCount / 6 + 4, 4096)
        entries = .allocate(capacity: capacity)
        container = entries
    }

    deinit {
        entries.deallocate()
    }

    /// The complete tape; its entries belong to the caller.
    consuming func finish() -> JSONTape {
        let tape = JSONTape(text: text, entries: entries)
        discard self
        return tape
    }

    /// Makes room for a key, and a value of two entries. The functions that append rely on this and do not check.
    @inline(__always)
    mutating func makeRoom() {
        guard count > capacity &- 3 else { return }
        let innermost = container - entries
        capacity *= 2
        entries = Self.grown(entries, count: count, capacity: capacity)
        container = entries + innermost
    }

    @inline(never)
    private static func grown(
        _ entries: UnsafeMutablePointer<Entry>, count: Int, capacity: Int
    ) -> UnsafeMutablePointer<Entry> {
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: capacity)
        larger.moveInitialize(from: entries, count: count)
        entries.deallocate()
        return larger
    }

    @inline(__always)
    mutating func append(_ start: UnsafePointer<UInt8>, detail: UInt32) {
        append(Entry(start: UInt32(truncatingIfNeeded: start - text), detail: detail))
    }

    @inline(__always)
    private mutating func append(_ entry: Entry) {
        (entries + count).initialize(to: entry)
        count &+= 1
    }

    /// Appends a key of the innermost container.
    @inline(__always)
    mutating func append(key start: UnsafePointer<UInt8>, detail: UInt32) {
        append(start, detail: detail)
        // Each key has one of 32 marks; two equal keys have the same mark.
        let length = Int(detail >> 1)
        let mark = 1 &<< UInt32(start[1] &+ start[length] &* 5 &+ UInt8(truncatingIfNeeded: length))
        if detail & 1 != 0 || container[0].detail & mark != 0,
            Self.repeatsKey(container, last: count &- 1, entries, text)
        {
            container[1].start |= JSONTape.repeatsKeys
        }
        container[0].detail |= mark
    }

    /// Whether the last key of an object is equal to an earlier key, or may be, because it has escapes. Returns false
    /// for objects of many members, where the answer makes no difference and takes long.
    @inline(never)
    private static func repeatsKey(
        _ object: UnsafeMutablePointer<Entry>, last: Int, _ entries: UnsafeMutablePointer<Entry>,
        _ text: UnsafePointer<UInt8>
    ) -> Bool {
        guard object[1].start < JSONTapeScanner.manyMembers else { return false }
        let key = entries[last]
        if key.detail & 1 != 0 { return true }
        let tape = JSONTape(text: text, entries: entries)
        var member = object + 2 - entries
        while member < last {
            if entries[member].detail == key.detail {
                let (left, right) = (text + Int(entries[member].start) + 1, text + Int(key.start) + 1)
                if JSONStringBytes.areEqual(left, right, count: Int(key.detail >> 1)) { return true }
            }
            member = tape.next(after: member + 1)
        }
        return false
    }

    /// Appends a container, which becomes the innermost one.
    @inline(__always)
    mutating func open(_ start: UnsafePointer<UInt8>) {
        let around = count == 0 ? UInt32.max : UInt32(truncatingIfNeeded: container - entries)
        container = entries + count
        append(start, detail: 0)
        append(Entry(start: 0, detail: around))
    }

    /// Counts a member or an element of the innermost container.
    @inline(__always)
    mutating func countMember() {
        container[1].start &+= 1
    }

    /// Completes the innermost container, whose text ends at `end`.
    /// - Returns: the byte that closes the container around it; 0 if there is none.
    @inline(__always)
    mutating func close(_ end: UnsafePointer<UInt8>) -> UInt8 {
        let around = container[1].detail
        container[0].detail = UInt32(truncatingIfNeeded: count)
        container[1].detail = UInt32(truncatingIfNeeded: end - text)
        if around == .max { return 0 }
        container = entries + Int(around)
        return JSONByte.closer(of: text[Int(container.pointee.start)])
    }
}
