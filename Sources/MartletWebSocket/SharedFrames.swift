// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

/// The frames that go to many connections of an event loop in this turn, in one form (plain, or compressed for one
/// window size), one after another. The output of a connection in a turn is a range of these bytes. The range is handed
/// to the network directly, without a copy for each connection.
///
/// The ranges of all connections lie side by side until the end of the turn, so that sending touches little other
/// memory: each kernel call evicts data from the processor's caches, so with thousands of connections every memory
/// access that is avoided counts.
final class SharedFrames: Flushable {
    private struct Frame {
        let message: SharedMessage
        let bytes: ByteBuffer
        let range: Range<Int>
    }

    /// Holds no strong references: retaining would touch the memory of every connection. A connection takes its range
    /// back before its network connection is closed, and before it is freed itself.
    private struct Delivery {
        let connection: Unmanaged<WebSocketConnection>
        let socket: DirectSockets.Number
        /// Empty when the connection has taken it back.
        var range: Range<Int>
    }

    /// Refers to a connection's delivery of this turn. The end of the turn makes all tickets invalid, so connections
    /// need not be told.
    struct Ticket {
        /// The frames live as long as their ``WebSocketLoop``, which the connection that has the ticket retains.
        unowned(unsafe) let frames: SharedFrames
        fileprivate let turn: UInt64
        /// 32 bits instead of 64, so that a connection's delivery touches less memory.
        fileprivate let number: UInt32

        var isValid: Bool { self.turn == self.frames.turn.number }
    }

    private struct Turn {
        var number: UInt64 = 0
        var frames: [Frame] = []
        var deliveries: [Delivery] = []
        /// The bytes of the first `joinedFrames` frames, made when a range of more than one frame is needed.
        var joined = ByteBuffer()
        var joinedFrames = 0

        var byteCount: Int { self.frames.last?.range.upperBound ?? 0 }

        /// The range of the message's frame. The search begins at the end: only frames of attachments may follow it.
        func range(of message: SharedMessage) -> Range<Int>? {
            var index = self.frames.count
            let end = max(0, index - SharedFrames.maxSearched)
            while index > end {
                index -= 1
                if self.frames[index].message === message { return self.frames[index].range }
            }
            return nil
        }
    }

    let form: SharedMessage.Form
    private let context: LoopContext
    private let sockets: DirectSockets
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) private var turn = Turn()

    /// How many frames are searched for a message's frame. Between two uses of it, attachments and other messages may
    /// follow.
    private static let maxSearched = 16
    private static let maxIdleDeliveries = 4096

    init(_ form: SharedMessage.Form, _ context: LoopContext, _ sockets: DirectSockets) {
        self.form = form
        self.context = context
        self.sockets = sockets
    }

    /// The range of a message's frame among the frames of this turn.
    /// - Parameter encode: appends the frame to an empty buffer; called if no connection has asked for the form before.
    func range<Failure: Error>(
        of message: SharedMessage,
        _ encode: (_ message: SharedMessage, _ buffer: inout ByteBuffer) throws(Failure) -> Void
    ) throws(Failure) -> Range<Int> {
        if let range = self.turn.range(of: message) { return range }
        let bytes = try message.encoded(as: self.form, encode)
        if self.turn.frames.isEmpty { self.context.setNeedsFlush(self) }
        let start = self.turn.byteCount
        let range = start..<(start + bytes.readableBytes)
        self.turn.frames.append(Frame(message: message, bytes: bytes, range: range))
        return range
    }

    /// The bytes of a range of this turn's frames.
    func slice(_ range: Range<Int>) -> ByteBuffer {
        let bytes = self.joined()
        return bytes.getSlice(at: range.lowerBound, length: range.count) ?? ByteBuffer()
    }

    /// All frames of this turn, one after another from the start of the memory.
    private func joined() -> ByteBuffer {
        if self.turn.frames.count == 1 { return self.turn.frames[0].bytes }
        for frame in self.turn.frames.dropFirst(self.turn.joinedFrames) {
            self.turn.joined.writeImmutableBuffer(frame.bytes)
        }
        self.turn.joinedFrames = self.turn.frames.count
        return self.turn.joined
    }

    // MARK: Deliveries

    /// Sends a range to a connection at the end of the turn, unless the connection takes the range back before. No
    /// other bytes may wait to be sent to that connection.
    func deliver(_ range: Range<Int>, to connection: WebSocketConnection, _ socket: DirectSockets.Number) -> Ticket {
        self.turn.deliveries.append(Delivery(connection: .passUnretained(connection), socket: socket, range: range))
        return Ticket(frames: self, turn: self.turn.number, number: UInt32(self.turn.deliveries.count - 1))
    }

    /// Adds a range to a delivery of this turn.
    /// - Returns: the size of the delivery then; `nil` when the range does not follow the delivery's present range.
    func extend(_ ticket: Ticket, by range: Range<Int>) -> Int? {
        let index = Int(ticket.number)
        let delivered = self.turn.deliveries[index].range
        guard delivered.upperBound == range.lowerBound else { return nil }
        self.turn.deliveries[index].range = delivered.lowerBound..<range.upperBound
        return range.upperBound - delivered.lowerBound
    }

    func byteCount(_ ticket: Ticket) -> Int {
        self.turn.deliveries[Int(ticket.number)].range.count
    }

    /// Withdraws a delivery of this turn, and returns its bytes for the connection to send.
    func takeBack(_ ticket: Ticket) -> ByteBuffer {
        let range = self.turn.deliveries[Int(ticket.number)].range
        self.withdraw(ticket)
        return self.slice(range)
    }

    /// Withdraws a delivery of this turn: it is not sent.
    func withdraw(_ ticket: Ticket) {
        let end = self.turn.deliveries[Int(ticket.number)].range.upperBound
        self.turn.deliveries[Int(ticket.number)].range = end..<end
    }

    /// Sends all deliveries. Only connections whose range the network did not take completely are told.
    func flush() {
        let bytes = self.joined()
        var unfinished: [(connection: WebSocketConnection, rest: Range<Int>)] = []
        bytes.withUnsafeReadableBytes { bytes in
            for delivery in self.turn.deliveries where !delivery.range.isEmpty {
                let range = UnsafeRawBufferPointer(rebasing: bytes[delivery.range])
                let sent = self.sockets.send(range, to: delivery.socket)
                if sent < range.count {
                    unfinished.append((delivery.connection.takeUnretainedValue(), delivery.range.dropFirst(sent)))
                }
            }
        }
        self.endTurn()
        for (connection, rest) in unfinished {
            connection.delivered(rest: bytes.getSlice(at: rest.lowerBound, length: rest.count) ?? ByteBuffer())
        }
    }

    private func endTurn() {
        self.turn.number += 1
        self.turn.deliveries.removeAll(keepingCapacity: self.turn.deliveries.count <= Self.maxIdleDeliveries)
        self.turn.frames.removeAll(keepingCapacity: true)
        if self.turn.joinedFrames > 0 { self.context.recycle(exchange(&self.turn.joined, with: ByteBuffer())) }
        self.turn.joinedFrames = 0
    }
}
