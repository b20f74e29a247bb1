// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The structure of a JSON text in a flat array: one entry a value, in the order of the text, keys included.
///
/// It is made in one pass (``JSONScanner``), and lets a decoder skip any value in one step: a reader that scanned the
/// bytes again for every level would cost a peer's recursive value depth times size.
///
/// What an entry means, the byte at `start` says:
/// - `"`: a string; `detail` is its length in bytes without quotes, shifted left by one, plus 1 if it has escapes
/// - `{`, `[`: a container; `detail` is the index of the entry after its last. A second entry follows it:
///   `start` is the number of members or elements (and ``repeatsKeys``), `detail` the offset after the closing bracket
/// - `-`, digit: a number; `detail` is the offset after it
/// - `t`, `f`, `n`: a literal
struct JSONTape: ~Copyable {
    struct Entry {
        var start: UInt32
        var detail: UInt32
    }

    /// Set in an object's number of members when two of its keys, of few, are equal, or one has escapes, so that it is
    /// not known. A text is shorter than this.
    static let repeatsKeys: UInt32 = 1 << 31

    private(set) var entries: UnsafeMutablePointer<Entry>
    private(set) var count = 0
    private var capacity: Int

    /// - Parameter byteCount: the size of the text; typical messages have an entry for every 6 to 10 bytes.
    init(byteCount: Int) {
        capacity = min(byteCount / 6 + 4, 4096)
        entries = .allocate(capacity: capacity)
    }

    deinit {
        entries.deallocate()
    }

    @inline(__always)
    mutating func append(start: Int, detail: UInt32) {
        if count == capacity { grow() }
        (entries + count).initialize(to: Entry(start: UInt32(truncatingIfNeeded: start), detail: detail))
        count += 1
    }

    /// The index of the entry that follows a value, with all that is in it.
    @inline(__always)
    func next(after index: Int, in text: UnsafePointer<UInt8>) -> Int {
        let entry = entries[index]
        let byte = text[Int(entry.start)]
        return byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") ? Int(entry.detail) : index + 1
    }

    @inline(never)
    private mutating func grow() {
        capacity *= 2
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: capacity)
        larger.moveInitialize(from: entries, count: count)
        entries.deallocate()
        entries = larger
    }
}
