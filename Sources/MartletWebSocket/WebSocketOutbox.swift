// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The output of a WebSocket connection: the frames of this turn of the event loop, and the number of earlier bytes
/// that the network has not taken yet.
///
/// The outbox calls nothing; its methods tell the connection what to do.
struct WebSocketOutbox: ~Copyable {
    /// The frames of this turn, in order.
    private enum Turn {
        case empty
        /// Only frames that other connections get as well. The bytes stay in the ``SharedFrames``. At the end of the
        /// turn the frames are sent and the ticket becomes invalid, which means the same as ``empty``.
        case shared(SharedFrames.Ticket)
        /// Any other output, in a buffer of the connection's own.
        case own(ByteBuffer)
    }

    /// The number of unsent bytes past which a sender should wait.
    static let highWaterMark = 64 << 10

    private var turn = Turn.empty
    /// Bytes given to the host that the network has not taken.
    private var waitingBytes = 0
    /// The user waits to be told that fewer bytes than these are unsent: since it was refused for lack of room, or wants
    /// to know when all have left. 0: it does not wait.
    private var noticeBelow: Int32 = 0
    /// Whether any byte has left the process.
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

    /// Whether no bytes wait for the network, so that bytes may go to the socket directly.
    var isNetworkIdle: Bool { self.waitingBytes == 0 }

    /// Whether output added now leaves at the end of this turn, as far as can be known.
    var sendsAtOnce: Bool { self.isNetworkIdle && self.turnBytes < Self.highWaterMark }

    // MARK: Room

    /// Whether there is room. If not, ``takeNoticeOfRoom()`` tells when there is room again.
    mutating func hasRoom() -> Bool {
        if self.unsentBytes < Self.highWaterMark { return true }
        self.noticeBelow = Int32(Self.highWaterMark / 2)
        return false
    }

    /// Makes ``takeNoticeOfRoom()`` tell when no bytes are unsent.
    mutating func awaitEmpty() {
        self.noticeBelow = max(self.noticeBelow, 1)
    }

    /// Returns true once when there is room again after ``hasRoom()`` has returned false, and once when no bytes are
    /// unsent after ``awaitEmpty()``.
    mutating func takeNoticeOfRoom() -> Bool {
        guard self.noticeBelow > 0, self.unsentBytes < Int(self.noticeBelow) else { return false }
        self.noticeBelow = 0
        return true
    }

    // MARK: In

    /// What the connection must do after adding output.
    struct Added {
        /// The connection has output in its own buffer, for the first time in this turn: it must be flushed at the
        /// turn's end.
        var needsFlush = false
        /// There is so much output that the connection must send it now.
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

    /// Adds a frame that other connections get as well, without copying it.
    /// - Parameter socket: the connection's direct socket, if it has one.
    /// - Returns: `nil` if the frame cannot be sent from the shared memory: the connection then adds a copy.
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
            // No user waits for room here: one was told when the last waiting byte had left, or is told at the end of
            // this turn.
            assert(self.noticeBelow <= 1)
            self.turn = .shared(frames.deliver(range, to: connection, socket))
            return Added(isFull: range.count >= Self.highWaterMark)
        }
    }

    // MARK: Out

    /// Takes the frames of this turn out, to be sent.
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

    /// Bytes were given to the host, and wait for the network.
    mutating func noteWaiting(_ count: Int) {
        self.waitingBytes += count
    }

    /// Bytes that waited have left, or never will.
    mutating func noteLeft(_ count: Int, haveLeft: Bool) {
        if haveLeft { self.hasSentOutput = true }
        self.waitingBytes -= count
    }

    /// Drops all output, at the end of the network connection. Called before the connection is freed, since a delivery
    /// of shared frames does not retain the connection.
    mutating func removeAll() {
        _ = self.takeTurn()
        self.waitingBytes = 0
    }
}
