// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

/// The frames that many connections of a loop get, of one kind (plain, or compressed for one size of window), one
/// behind the other. What is sent to a connection in a turn is then a range of this memory, which is handed to the
/// network as it is, without a copy.
///
/// The ranges of all connections stand side by side until the end of the turn, so that sending touches little else:
/// each call of the kernel leaves the processor's caches to the next, and with thousands of connections what is not
/// touched is what counts.
final class SharedFrames: Flushable {
    private struct Delivery {
        /// Absent when the connection has taken its range back.
        var connection: WebSocketConnection?
        var range: Range<Int>
    }

    /// By which a connection knows its delivery of this turn. When the turn is over it means nothing: so connections
    /// need not be visited to be told.
    struct Ticket {
        let frames: SharedFrames
        fileprivate let turn: UInt64
        /// Half as wide as an index, for the sake of the memory that a connection's delivery touches.
        fileprivate let number: UInt32

        var isValid: Bool { self.turn == self.frames.turn }
    }

    private let context: LoopContext
    // `@exclusivity(unchecked)`: see LoopContext.
    @exclusivity(unchecked) private var bytes = ByteBuffer()
    /// Grows when the bytes are given up, so that a message knows whether its frame is still among them.
    @exclusivity(unchecked) private var generation = 0
    @exclusivity(unchecked) private var deliveries: [Delivery] = []
    @exclusivity(unchecked) private var turn: UInt64 = 0

    private static let maxIdleCapacity = 1 << 20
    private static let maxIdleDeliveries = 4096

    init(_ context: LoopContext) {
        self.context = context
    }

    /// Where a message's frame stands, which is written by `encode` for the first who asks.
    func range(
        of message: SharedMessage,
        as form: SharedMessage.Form,
        _ encode: (inout ByteBuffer) throws -> Void
    ) rethrows -> Range<Int> {
        if let place = message.place(of: form), place.generation == self.generation { return place.range }
        if self.deliveries.isEmpty, self.bytes.writerIndex > 0 { self.reset() }
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

    private func reset() {
        self.generation += 1
        if self.bytes.capacity > Self.maxIdleCapacity { self.bytes = ByteBuffer() } else { self.bytes.clear() }
    }

    /// The bytes of a range that was given last, or is being delivered.
    func slice(_ range: Range<Int>) -> ByteBuffer {
        self.bytes.getSlice(at: range.lowerBound, length: range.count) ?? ByteBuffer()
    }

    // MARK: Deliveries of this turn

    /// Sends a range to a connection at the end of the turn, unless it is taken back before. Nothing waits to be sent to
    /// that connection.
    func deliver(_ range: Range<Int>, to connection: WebSocketConnection) -> Ticket {
        if self.deliveries.isEmpty { self.context.setNeedsFlush(self) }
        self.deliveries.append(Delivery(connection: connection, range: range))
        return Ticket(frames: self, turn: self.turn, number: UInt32(self.deliveries.count - 1))
    }

    /// Adds a range to a delivery of this turn.
    /// - Returns: the bytes of the delivery then; `nil` when the range does not follow what is there.
    func extend(_ ticket: Ticket, by range: Range<Int>) -> Int? {
        let index = Int(ticket.number)
        let delivered = self.deliveries[index].range
        guard delivered.upperBound == range.lowerBound else { return nil }
        self.deliveries[index].range = delivered.lowerBound..<range.upperBound
        return range.upperBound - delivered.lowerBound
    }

    func byteCount(_ ticket: Ticket) -> Int {
        self.deliveries[Int(ticket.number)].range.count
    }

    /// The bytes of a delivery of this turn, which its connection sends itself now.
    func takeBack(_ ticket: Ticket) -> ByteBuffer {
        let range = self.deliveries[Int(ticket.number)].range
        self.deliveries[Int(ticket.number)] = Delivery(range: range.upperBound..<range.upperBound)
        return self.slice(range)
    }

    /// How many connections are looked at before they are sent to; there is a bit for each.
    private static let batchCount = UInt32.bitWidth

    /// Sends, and has only those connections told that have something left to do.
    ///
    /// What the kernel does for one drives what the others need out of the caches. Looking at some of them in a row first
    /// has that come back for many at a time, as fast as for one: a seventh less time outside the kernel.
    func flush() {
        var unfinished: [(connection: WebSocketConnection, rest: Range<Int>)] = []
        self.bytes.withUnsafeReadableBytes { bytes in
            for start in stride(from: 0, to: self.deliveries.count, by: Self.batchCount) {
                let batch = start..<min(start + Self.batchCount, self.deliveries.count)
                var areDoneOnceSent: UInt32 = 0
                for index in batch where self.deliveries[index].connection?.isDoneOnceSent == true {
                    areDoneOnceSent |= 1 << UInt32(index - start)
                }
                for index in batch {
                    guard let connection = self.deliveries[index].connection.take() else { continue }
                    let range = self.deliveries[index].range
                    let sent = connection.sendAtOnce(UnsafeRawBufferPointer(rebasing: bytes[range]))
                    let isDoneOnceSent = areDoneOnceSent & 1 << UInt32(index - start) != 0
                    if sent < range.count || !isDoneOnceSent { unfinished.append((connection, range.dropFirst(sent))) }
                }
            }
        }
        self.deliveries.removeAll(keepingCapacity: self.deliveries.count <= Self.maxIdleDeliveries)
        self.turn += 1
        for (connection, rest) in unfinished { connection.delivered(rest: rest, of: self) }
    }
}
