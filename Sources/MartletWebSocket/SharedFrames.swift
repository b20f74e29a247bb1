// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

/// The frames that many connections of a loop get, of one kind (plain, or compressed for one size of window), one
/// behind the other. A connection that was sent several in a row has them as one piece of this memory, which it hands to
/// the network as it is: what was sent to it in a turn is a range, and takes no copy.
struct SharedFrames {
    private var bytes = ByteBuffer()
    /// Grows when the bytes are given up, so that a message knows whether its frame is still among them.
    private var generation = 0
    /// How many connections have a range of the bytes that is to be sent.
    private var holders = 0

    private static let maxIdleCapacity = 1 << 20

    /// Where a message's frame stands, which is written by `encode` for the first who asks.
    mutating func range(
        of message: SharedMessage,
        as form: SharedMessage.Form,
        _ encode: (inout ByteBuffer) throws -> Void
    ) rethrows -> Range<Int> {
        if let place = message.place(of: form), place.generation == self.generation { return place.range }
        if self.holders == 0, self.bytes.writerIndex > 0 { self.reset() }
        let start = self.bytes.writerIndex
        do {
            try encode(&self.bytes)
        } catch {
            self.bytes.moveWriterIndex(to: start)
            throw error
        }
        let range = start..<self.bytes.writerIndex
        message.setPlace(.init(generation: self.generation, range: range), of: form)
        return range
    }

    private mutating func reset() {
        self.generation += 1
        if self.bytes.capacity > Self.maxIdleCapacity { self.bytes = ByteBuffer() } else { self.bytes.clear() }
    }

    mutating func hold() {
        self.holders += 1
    }

    mutating func release() {
        self.holders -= 1
    }

    /// The bytes of a range that is held.
    func slice(_ range: Range<Int>) -> ByteBuffer {
        self.bytes.getSlice(at: range.lowerBound, length: range.count) ?? ByteBuffer()
    }
}
