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
    /// Holds nothing, so that it costs no reference counting, which would touch every connection: a connection takes its
    /// range back before its network connection is gone, and when it is itself.
    private struct Delivery {
        let connection: Unmanaged<WebSocketConnection>
        let socket: DirectSockets.Number
        /// Empty when the connection has taken it back.
        var range: Range<Int>
    }

    /// By which a connection knows its delivery of this turn. When the turn is over it means nothing: so connections
    /// need not be visited to be told.
    struct Ticket {
        /// They live as long as their loop, to which the connection holds on that has the ticket.
        unowned(unsafe) let frames: SharedFrames
        fileprivate let turn: UInt64
        /// Half as wide as an index, for the sake of the memory that a connection's delivery touches.
        fileprivate let number: UInt32

        var isValid: Bool { self.turn == self.frames.turn }
    }

    private let context: LoopContext
    private let sockets: DirectSockets
    // `@exclusivity(unchecked)`: see LoopContext.
    @exclusivity(unchecked) private var bytes = ByteBuffer()
    /// Grows when the bytes are given up, so that a message knows whether its frame is still among them.
    @exclusivity(unchecked) private var generation = 0
    @exclusivity(unchecked) private var deliveries: [Delivery] = []
    @exclusivity(unchecked) private var turn: UInt64 = 0

    private static let maxIdleCapacity = 1 << 20
    private static let maxIdleDeliveries = 4096

    init(_ context: LoopContext, _ sockets: DirectSockets) {
        self.context = context
        self.sockets = sockets
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
    func deliver(_ range: Range<Int>, to connection: WebSocketConnection, _ socket: DirectSockets.Number) -> Ticket {
        if self.deliveries.isEmpty { self.context.setNeedsFlush(self) }
        self.deliveries.append(Delivery(connection: .passUnretained(connection), socket: socket, range: range))
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
        self.deliveries[Int(ticket.number)].range = range.upperBound..<range.upperBound
        return self.slice(range)
    }

    /// Sends, and has only those connections told of whose ranges the network has not taken all.
    func flush() {
        var unfinished: [(connection: WebSocketConnection, rest: Range<Int>)] = []
        self.bytes.withUnsafeReadableBytes { bytes in
            for delivery in self.deliveries where !delivery.range.isEmpty {
                let range = UnsafeRawBufferPointer(rebasing: bytes[delivery.range])
                let sent = self.sockets.send(range, to: delivery.socket)
                if sent < range.count {
                    unfinished.append((delivery.connection.takeUnretainedValue(), delivery.range.dropFirst(sent)))
                }
            }
        }
        self.deliveries.removeAll(keepingCapacity: self.deliveries.count <= Self.maxIdleDeliveries)
        self.turn += 1
        for (connection, rest) in unfinished { connection.delivered(rest: rest, of: self) }
    }
}
