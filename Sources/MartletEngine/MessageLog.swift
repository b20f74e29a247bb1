// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore

/// The messages of a lossless session that its client has not acknowledged, in order: first those that were written to
/// the transport in use, then those that wait.
///
/// What goes to this session only is copied, once, behind the others into one piece of memory; what goes to many is
/// kept as a reference. An empty log has no memory.
struct MessageLog {
    private enum Entry {
        case text(length: Int)
        case binary(length: Int)
        case shared(SharedMessage)
    }

    private var entries = Deque<Entry>()
    /// The payloads of all messages but the shared ones, without a gap.
    private var memory = ByteBuffer()
    /// How much of `memory` belongs to messages that were written.
    private var writtenMemory = 0
    /// How many messages were written.
    private(set) var writtenCount = 0
    /// The sum of their sizes.
    private(set) var writtenBytes = 0
    /// The sum of the sizes of all messages.
    private(set) var byteCount = 0

    var count: Int { self.entries.count }
    var unwrittenBytes: Int { self.byteCount - self.writtenBytes }
    var hasUnwritten: Bool { self.writtenCount < self.entries.count }

    /// Adds a message, with memory of its own unless it is shared. Other packets are not kept.
    mutating func append(_ packet: OutboundPacket) {
        switch packet {
        case .text(let text):
            self.entries.append(.text(length: text.readableBytes))
            self.memory.writeImmutableBuffer(text)
        case .binary(let bytes):
            self.entries.append(.binary(length: bytes.readableBytes))
            self.memory.writeImmutableBuffer(bytes)
        case .shared(let message):
            self.entries.append(.shared(message))
        case .control:
            return
        }
        self.byteCount += packet.byteCount
    }

    /// Adds a message that is being written. None may be waiting.
    mutating func appendWritten(_ packet: OutboundPacket) {
        self.append(packet)
        self.writtenCount = self.entries.count
        self.writtenMemory = self.memory.readableBytes
        self.writtenBytes = self.byteCount
    }

    /// Takes note that the first message that waited has been written.
    /// - Returns: the message. Its memory may be used again with the next call.
    mutating func writeNext() -> OutboundPacket? {
        guard self.hasUnwritten else { return nil }
        let packet: OutboundPacket
        switch self.entries[self.writtenCount] {
        case .text(let length): packet = .text(self.slice(length))
        case .binary(let length): packet = .binary(self.slice(length))
        case .shared(let message): packet = .shared(message)
        }
        let size = self.size(of: self.entries[self.writtenCount])
        self.writtenCount += 1
        self.writtenMemory += size.memory
        self.writtenBytes += size.payload
        return packet
    }

    /// Begins again with the first message.
    mutating func rewind() {
        self.writtenCount = 0
        self.writtenMemory = 0
        self.writtenBytes = 0
    }

    /// Forgets the first messages.
    mutating func removeFirst(_ count: Int) {
        guard count < self.entries.count else { return self.removeAll() }
        for _ in 0..<count {
            guard let entry = self.entries.popFirst() else { return }
            let size = self.size(of: entry)
            self.memory.moveReaderIndex(forwardBy: size.memory)
            self.byteCount -= size.payload
            guard self.writtenCount > 0 else { continue }
            self.writtenCount -= 1
            self.writtenMemory -= size.memory
            self.writtenBytes -= size.payload
        }
        // Moves what is left to the front once that is the smaller part: each byte at most once on the average.
        if self.memory.readerIndex > self.memory.readableBytes { self.memory.discardReadBytes() }
    }

    mutating func removeAll() {
        self = MessageLog()
    }

    private func slice(_ length: Int) -> ByteBuffer {
        self.memory.getSlice(at: self.memory.readerIndex + self.writtenMemory, length: length) ?? ByteBuffer()
    }

    private func size(of entry: Entry) -> (memory: Int, payload: Int) {
        switch entry {
        case .text(let length), .binary(let length): (length, length)
        case .shared(let message): (0, message.payload.readableBytes)
        }
    }
}
