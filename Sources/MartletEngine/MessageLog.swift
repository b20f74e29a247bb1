// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
package import NIOCore

/// The messages of a lossless session that its peer has not acknowledged, in order: first the messages that were
/// written to the transport in use, then the messages that wait.
///
/// A message to this session alone is copied once, to the end of one buffer that all such messages share. A message to
/// many sessions is kept as a reference. An empty log has no memory.
package struct MessageLog {
    private enum Entry {
        case text(length: Int)
        case binary(length: Int)
        case shared(SharedMessage)
    }

    // The members count the waiting messages, and the written ones are the difference. Mostly no message waits: a
    // broadcast to thousands then changes only `entries` and `byteCount` here. Each cache line less that a delivery
    // touches is measurable.
    private var entries = Deque<Entry>()
    /// The sum of the sizes of all messages, in bytes.
    private(set) var byteCount = 0
    /// How many messages wait.
    private var unwrittenCount = 0
    /// The sum of the sizes of the waiting messages.
    private(set) var unwrittenBytes = 0
    /// How many bytes of `memory` belong to waiting messages.
    private var unwrittenMemory = 0
    /// The payloads of all messages but the shared ones, without a gap.
    private var memory = ByteBuffer()

    package var count: Int { self.entries.count }
    /// How many messages were written.
    var writtenCount: Int { self.entries.count - self.unwrittenCount }
    /// The sum of the sizes of the written messages.
    var writtenBytes: Int { self.byteCount - self.unwrittenBytes }
    var hasUnwritten: Bool { self.unwrittenCount > 0 }

    /// Adds a message that waits, and copies its payload unless it is shared. Control packets are not kept.
    mutating func append(_ packet: OutboundPacket) {
        guard let size = self.keep(packet) else { return }
        self.unwrittenCount += 1
        self.unwrittenBytes += size.payload
        self.unwrittenMemory += size.memory
    }

    /// Adds a message that the caller writes at once. No message may be waiting.
    mutating func appendWritten(_ packet: OutboundPacket) {
        _ = self.keep(packet)
    }

    private mutating func keep(_ packet: OutboundPacket) -> (memory: Int, payload: Int)? {
        let entry: Entry
        switch packet {
        case .text(let text):
            entry = .text(length: text.readableBytes)
            self.memory.writeImmutableBuffer(text)
        case .binary(let bytes):
            entry = .binary(length: bytes.readableBytes)
            self.memory.writeImmutableBuffer(bytes)
        case .shared(let message):
            entry = .shared(message)
        case .control:
            return nil
        }
        let size = self.size(of: entry)
        self.entries.append(entry)
        self.byteCount += size.payload
        return size
    }

    /// Counts the first waiting message as written.
    /// - Returns: the message. Its memory is valid until the next call.
    mutating func writeNext() -> OutboundPacket? {
        guard self.hasUnwritten else { return nil }
        let entry = self.entries[self.writtenCount]
        let packet = self.firstUnwritten(entry)
        self.noteWritten(entry)
        return packet
    }

    /// The first waiting message. Its memory is valid until the next change.
    var firstUnwritten: OutboundPacket? {
        self.hasUnwritten ? self.firstUnwritten(self.entries[self.writtenCount]) : nil
    }

    private func firstUnwritten(_ entry: Entry) -> OutboundPacket {
        switch entry {
        case .text(let length): .text(self.firstUnwritten(length))
        case .binary(let length): .binary(self.firstUnwritten(length))
        case .shared(let message): .shared(message)
        }
    }

    private mutating func noteWritten(_ entry: Entry) {
        let size = self.size(of: entry)
        self.unwrittenCount -= 1
        self.unwrittenBytes -= size.payload
        self.unwrittenMemory -= size.memory
    }

    /// Makes all messages wait again, from the first one on.
    mutating func rewind() {
        self.unwrittenCount = self.entries.count
        self.unwrittenBytes = self.byteCount
        self.unwrittenMemory = self.memory.readableBytes
    }

    /// Forgets the first messages.
    mutating func removeFirst(_ count: Int) {
        guard count < self.entries.count else { return self.removeAll() }
        for _ in 0..<count {
            let isUnwritten = self.writtenCount == 0
            guard let entry = self.entries.popFirst() else { return }
            let size = self.size(of: entry)
            self.memory.moveReaderIndex(forwardBy: size.memory)
            self.byteCount -= size.payload
            if isUnwritten { self.noteWritten(entry) }
        }
        // Move the remaining bytes to the front once they are less than half: on average each byte is moved at most
        // once.
        if self.memory.readerIndex > self.memory.readableBytes { self.memory.discardReadBytes() }
    }

    mutating func removeAll() {
        self = MessageLog()
    }

    /// Calls `body` with each message, written or not. The payload's memory is valid until the next change.
    package func visit(_ body: (_ payload: ByteBuffer, _ isBinary: Bool) -> Void) {
        var offset = self.memory.readerIndex
        for entry in self.entries {
            switch entry {
            case .text(let length), .binary(let length):
                let isBinary = if case .binary = entry { true } else { false }
                body(self.memory.getSlice(at: offset, length: length) ?? ByteBuffer(), isBinary)
                offset += length
            case .shared(let message): body(message.payload, message.isBinary)
            }
        }
    }

    private func firstUnwritten(_ length: Int) -> ByteBuffer {
        self.memory.getSlice(at: self.memory.writerIndex - self.unwrittenMemory, length: length) ?? ByteBuffer()
    }

    private func size(of entry: Entry) -> (memory: Int, payload: Int) {
        switch entry {
        case .text(let length), .binary(let length): (length, length)
        case .shared(let message): (0, message.payload.readableBytes)
        }
    }
}
