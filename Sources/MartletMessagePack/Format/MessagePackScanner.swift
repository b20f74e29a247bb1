// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Checks that bytes are exactly one value, and lays out its structure for a ``MessagePackTape``. It does not recurse.
enum MessagePackScanner {
    /// How many arrays and maps may be open at once: nested values are decoded by recursion.
    static let maxDepth = 512

    /// No container: 0 is the index of the outermost one.
    private static let none = UInt32.max

    /// - Returns: the entries, which belong to the caller.
    /// - Parameter isLenient: whether strings need not be UTF-8, keys may be any scalars, and timestamps have any form.
    static func scan(
        _ bytes: MessagePackBytes, maxDepth: Int, isLenient: Bool = false
    ) throws(MessagePackFault) -> UnsafeMutablePointer<MessagePackTape.Entry> {
        var entries = Entries(byteCount: bytes.count)
        var offset = 0
        var depth = 0
        // The innermost open container. While it is open, the `detail` of its first entry is the number of values that
        // it still lacks, and that of its second entry is the index of the container around it.
        var container = Self.none
        var isMap = false
        repeat {
            guard let head = bytes.head(at: offset) else { throw .malformed }
            // Of a map with n members, 2n values follow, so an even number of them is missing before each key.
            if isMap, entries.at(container)[0].detail.isMultiple(of: 2) {
                guard head.kind == .string || (isLenient && !head.isContainer) else { throw .invalid }
            }
            let start = offset
            offset += head.size + head.length
            if head.isContainer {
                guard depth < maxDepth else { throw .tooDeep }
                let around = container
                container = entries.append(start, detail: head.children)
                _ = entries.append(head.children, detail: Int(around))
                isMap = head.kind == .map
                depth += 1
            } else {
                guard isLenient || self.isValid(bytes, head, at: start) else { throw .invalid }
                _ = entries.append(start, detail: offset)
                if container != Self.none { entries.at(container)[0].detail -= 1 }
            }
            // The value may be the last one of the containers around it.
            while container != Self.none, entries.at(container)[0].detail == 0 {
                let complete = entries.at(container)
                container = complete[1].detail
                complete[0].detail = UInt32(entries.count)
                complete[1].detail = UInt32(offset)
                depth -= 1
                guard container != Self.none else { break }
                entries.at(container)[0].detail -= 1
                isMap = bytes.head(at: Int(entries.at(container)[0].start))?.kind == .map
            }
        } while container != Self.none
        guard offset == bytes.count else { throw .malformed }
        return entries.take()
    }

    private static func isValid(_ bytes: MessagePackBytes, _ head: MessagePackHead, at offset: Int) -> Bool {
        switch head.kind {
        case .string: UTF8Bytes.areValid(bytes.body(head, at: offset))
        case .ext:
            bytes.extType(head, at: offset) != MessagePackTimestamp.type
                || MessagePackTimestamp(bytes.body(head, at: offset)) != nil
        case .null, .bool, .number, .binary, .array, .map: true
        }
    }

    /// The entries as they are made.
    private struct Entries: ~Copyable {
        private var memory: UnsafeMutablePointer<MessagePackTape.Entry>
        private var capacity: Int
        private(set) var count = 0

        /// - Parameter byteCount: the size of the value; typical messages have an entry for every 4 to 8 bytes. Larger
        ///   tapes grow with what is really there.
        init(byteCount: Int) {
            self.capacity = min(byteCount / 4 + 4, 4096)
            self.memory = .allocate(capacity: self.capacity)
        }

        deinit { self.memory.deallocate() }

        consuming func take() -> UnsafeMutablePointer<MessagePackTape.Entry> {
            let memory = self.memory
            discard self
            return memory
        }

        /// Valid until the next entry is appended.
        func at(_ index: UInt32) -> UnsafeMutablePointer<MessagePackTape.Entry> { self.memory + Int(index) }

        /// - Returns: the index of the entry.
        mutating func append(_ start: Int, detail: Int) -> UInt32 {
            if self.count == self.capacity { self.grow() }
            (self.memory + self.count)
                .initialize(to: .init(start: UInt32(start), detail: UInt32(detail)))
            self.count += 1
            return UInt32(self.count - 1)
        }

        private mutating func grow() {
            self.capacity *= 2
            let larger = UnsafeMutablePointer<MessagePackTape.Entry>.allocate(capacity: self.capacity)
            larger.moveInitialize(from: self.memory, count: self.count)
            self.memory.deallocate()
            self.memory = larger
        }
    }
}
