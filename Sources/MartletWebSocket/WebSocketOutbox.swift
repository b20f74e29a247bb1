// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// What a WebSocket connection has to send: the frames of this turn of the event loop, and how much of those before
/// the network has yet to take.
///
/// The outbox calls nobody; its connection carries out what it answers.
struct WebSocketOutbox: ~Copyable {
    /// The frames of this turn, in order.
    private enum Turn {
        case empty
        /// Frames that others get as well, and nothing else: they stay where all receivers' stand. With the end of the
        /// turn they are sent and the ticket is not valid any more, which is as good as ``empty``.
        case shared(SharedFrames.Ticket)
        /// Anything else, in memory of the connection's own.
        case own(ByteBuffer)
    }

    /// Unsent bytes past which whoever sends should wait.
    static let highWaterMark = 64 << 10

    private var turn = Turn.empty
    /// Bytes that the host has, and the network has not.
    private var waitingBytes = 0
    /// Whether there was no room, and the user waits to be told that there is.
    private var awaitsRoom = false
    /// Whether something has left the process.
    private(set) var hasSentOutput = false

    // MARK: How much there is

    /// The bytes of this turn.
    var turnBytes: Int {
        switch self.turn {
        case .empty: 0
        case .shared(let ticket): ticket.isValid ? ticket.frames.byteCount(ticket) : 0
        case .own(let bytes): bytes.readableBytes
        }
    }

    var unsentBytes: Int { self.turnBytes + self.waitingBytes }

    /// Whether what waits for the network is nothing, so that bytes may go to the socket directly.
    var isNetworkIdle: Bool { self.waitingBytes == 0 }

    /// Whether what is added now leaves with this turn, as far as can be known.
    var sendsAtOnce: Bool { self.isNetworkIdle && self.turnBytes < Self.highWaterMark }

    // MARK: Room

    /// Whether there is room. If not, ``takeNoticeOfRoom()`` says when.
    mutating func hasRoom() -> Bool {
        if self.unsentBytes < Self.highWaterMark { return true }
        self.awaitsRoom = true
        return false
    }

    /// Whether there is room again, and somebody waits for that; once.
    mutating func takeNoticeOfRoom() -> Bool {
        guard self.awaitsRoom, self.unsentBytes < Self.highWaterMark / 2 else { return false }
        self.awaitsRoom = false
        return true
    }

    // MARK: In

    /// What is to be done after something was added.
    struct Added {
        /// The connection has memory of its own to send, for the first time in this turn: it is flushed with its end.
        var needsFlush = false
        /// There is so much that it is sent now.
        var isFull = false
    }

    /// Adds frames of the connection's own.
    /// - Parameter takeBuffer: gives an empty buffer.
    mutating func add(takingFrom takeBuffer: () -> ByteBuffer, _ encode: (inout ByteBuffer) -> Void) -> Added {
        var added = Added()
        var bytes: ByteBuffer
        switch exchange(&self.turn, with: .empty) {
        case .own(let collected): bytes = collected
        case .shared(let ticket) where ticket.isValid:
            added.needsFlush = true
            bytes = takeBuffer()
            bytes.writeImmutableBuffer(ticket.frames.takeBack(ticket))
        case .empty, .shared:
            added.needsFlush = true
            bytes = takeBuffer()
        }
        encode(&bytes)
        added.isFull = bytes.readableBytes >= Self.highWaterMark
        self.turn = .own(bytes)
        return added
    }

    /// Adds a frame that others get as well, where it stands.
    /// - Parameter socket: the connection's, if there is one.
    /// - Returns: `nil` if it cannot be sent from there: the connection adds it as its own.
    mutating func add(
        _ range: Range<Int>,
        of frames: SharedFrames,
        to connection: WebSocketConnection,
        _ socket: DirectSockets.Number?
    ) -> Added? {
        switch self.turn {
        case .own: return nil
        case .shared(let ticket) where ticket.isValid:
            guard ticket.frames === frames, let byteCount = frames.extend(ticket, by: range) else { return nil }
            return Added(isFull: byteCount >= Self.highWaterMark)
        case .empty, .shared:
            guard self.isNetworkIdle, let socket else { return nil }
            // Whoever waits for room was told when the last of what was sent had left, or is with the end of this turn.
            assert(!self.awaitsRoom)
            self.turn = .shared(frames.deliver(range, to: connection, socket))
            return Added(isFull: range.count >= Self.highWaterMark)
        }
    }

    // MARK: Out

    /// The frames of this turn, which are being sent.
    mutating func takeTurn() -> ByteBuffer {
        switch exchange(&self.turn, with: .empty) {
        case .empty: ByteBuffer()
        case .shared(let ticket): ticket.isValid ? ticket.frames.takeBack(ticket) : ByteBuffer()
        case .own(let bytes): bytes
        }
    }

    /// The network took bytes directly.
    mutating func noteSent(_ count: Int) {
        if count > 0 { self.hasSentOutput = true }
    }

    /// The host was given bytes, which wait for the network.
    mutating func noteWaiting(_ count: Int) {
        self.waitingBytes += count
    }

    /// Bytes that waited have left, or never will.
    mutating func noteLeft(_ count: Int, haveLeft: Bool) {
        if haveLeft { self.hasSentOutput = true }
        self.waitingBytes -= count
    }

    /// Nothing can be sent any more. Called before the connection is gone, since a delivery of shared frames does not hold
    /// it.
    mutating func removeAll() {
        _ = self.takeTurn()
        self.waitingBytes = 0
    }
}
