// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The bytes of MessagePack values. Every length is checked against the bytes that there are.
struct MessagePackBytes {
    let base: UnsafePointer<UInt8>
    let count: Int

    /// - Returns: nil when `bytes` has no base address.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return nil }
        self.base = base.assumingMemoryBound(to: UInt8.self)
        self.count = bytes.count
    }

    /// The head of the value at `offset`.
    /// - Returns: nil when the value's head or body is cut short, when a container has more values than there are bytes
    ///   left, or when the byte is `c1`, which no value begins with.
    func head(at offset: Int) -> MessagePackHead? {
        guard offset < self.count else { return nil }
        let head: MessagePackHead
        let byte = self.base[offset]
        switch byte {
        case 0x00...0x7F, 0xE0...0xFF: return MessagePackHead(.number, size: 1)
        case 0x80...0x8F: head = MessagePackHead(.map, size: 1, children: Int(byte & 0x0F) * 2)
        case 0x90...0x9F: head = MessagePackHead(.array, size: 1, children: Int(byte & 0x0F))
        case 0xA0...0xBF: head = MessagePackHead(.string, size: 1, length: Int(byte & 0x1F))
        case 0xC0: return MessagePackHead(.null, size: 1)
        case 0xC2, 0xC3: return MessagePackHead(.bool, size: 1)
        default:
            guard let long = self.longHead(byte, at: offset) else { return nil }
            head = long
        }
        return head.length + head.children <= self.count - offset - head.size ? head : nil
    }

    /// The head of a format whose first byte is `c4` or above.
    private func longHead(_ byte: UInt8, at offset: Int) -> MessagePackHead? {
        // In each family, the sizes follow each other: 1, 2, 4, 8 bytes.
        func width(from first: UInt8) -> Int { 1 << Int(byte - first) }
        func length(_ width: Int) -> Int? { self.unsigned(at: offset + 1, width: width).map { Int($0) } }
        switch byte {
        case 0xC4...0xC6:
            let width = width(from: 0xC4)
            return length(width).map { MessagePackHead(.binary, size: 1 + width, length: $0) }
        case 0xC7...0xC9:
            let width = width(from: 0xC7)
            return length(width).map { MessagePackHead(.ext, size: 2 + width, length: $0) }
        case 0xCA, 0xCB: return MessagePackHead(.number, size: 1 + width(from: 0xC8))
        case 0xCC...0xCF: return MessagePackHead(.number, size: 1 + width(from: 0xCC))
        case 0xD0...0xD3: return MessagePackHead(.number, size: 1 + width(from: 0xD0))
        case 0xD4...0xD8:
            // JavaScript's `undefined`, as notepack.io wrote it before version 3.
            if byte == 0xD4, self.unsigned(at: offset + 1, width: 2) == 0 { return MessagePackHead(.null, size: 3) }
            return MessagePackHead(.ext, size: 2, length: width(from: 0xD4))
        case 0xD9...0xDB:
            let width = width(from: 0xD9)
            return length(width).map { MessagePackHead(.string, size: 1 + width, length: $0) }
        case 0xDC, 0xDD:
            let width = width(from: 0xDB)
            return length(width).map { MessagePackHead(.array, size: 1 + width, children: $0) }
        case 0xDE, 0xDF:
            let width = width(from: 0xDD)
            return length(width).map { MessagePackHead(.map, size: 1 + width, children: $0 * 2) }
        default: return nil
        }
    }

    /// The big-endian integer of 1, 2, 4 or 8 bytes at `offset`; nil when it is cut short.
    @inline(__always)
    func unsigned(at offset: Int, width: Int) -> UInt64? {
        guard width <= self.count - offset else { return nil }
        let place = UnsafeRawPointer(self.base + offset)
        switch width {
        case 1: return UInt64(self.base[offset])
        case 2: return UInt64(UInt16(bigEndian: place.loadUnaligned(as: UInt16.self)))
        case 4: return UInt64(UInt32(bigEndian: place.loadUnaligned(as: UInt32.self)))
        default: return UInt64(bigEndian: place.loadUnaligned(as: UInt64.self))
        }
    }

    /// The body of a string, of binary data or of an extension.
    func body(_ head: MessagePackHead, at offset: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: self.base + offset + head.size, count: head.length)
    }

    /// The end of the value at `offset` and of all that belongs to it; nil when it is cut short. Neither recurses nor
    /// allocates.
    func end(of offset: Int) -> Int? {
        var end = offset
        var missing = 1
        while missing > 0 {
            guard let head = self.head(at: end) else { return nil }
            end += head.size + head.length
            missing += head.children - 1
        }
        return end
    }
}
