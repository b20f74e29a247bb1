// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire

/// The decisions of a lossless session about its messages (Protocol.md, section 4): which number each has, what is
/// kept, what may be written, and when the client is told what has come.
///
/// It does nothing itself; ``Session`` asks it.
struct DeliveryStateMachine: ~Copyable {
    private let buffer: Int
    private var log = MessageLog()
    /// How many messages have left the log: the first that is in it has the number after this.
    private var forgottenCount = 0
    /// What the client says it has received. More than ``forgottenCount`` if some of it has yet to be written again on
    /// the stream in use, where a message's number follows from its place.
    private var acknowledgedCount = 0
    /// The highest number that was written to the transports before the stream in use.
    private var sentBefore = 0
    /// The number of the attach by which the transport in use came; 0 for the handshake.
    private var attachNumber = 0

    /// How many messages have come.
    private(set) var receivedCount = 0
    /// How many of them the client knows of.
    private var toldCount = 0
    private var untoldBytes = 0

    /// Received messages, and bytes, after which the client is told without being asked.
    private static let maxUntoldCount = 64
    private static let maxUntoldBytes = 64 << 10

    /// - Parameter buffer: the window: how many bytes are written before the client has acknowledged some.
    init(buffer: Int) {
        self.buffer = buffer
    }

    /// The highest number that was ever written to a transport.
    private var sentCount: Int { max(self.sentBefore, self.forgottenCount + self.log.writtenCount) }

    // MARK: Out

    /// Whether more is kept, written or not, than may be without a transport.
    var isOverfull: Bool { self.log.byteCount > self.buffer }
    var unwrittenBytes: Int { self.log.unwrittenBytes }

    /// Whether a message that is sent now may be written now.
    var mayWriteAtOnce: Bool { !self.log.hasUnwritten && self.isWindowOpen }

    /// Whether a message has yet to be written, or to be written again.
    var hasUnwritten: Bool { self.log.hasUnwritten }

    private var isWindowOpen: Bool { self.log.writtenBytes < self.buffer || self.log.writtenCount == 0 }

    /// Gives a message the next number and keeps it, to be had from ``next()``.
    mutating func append(_ packet: OutboundPacket) {
        self.log.append(packet)
    }

    /// Gives a message the next number and keeps it. It is written by the caller, who has asked ``mayWriteAtOnce``.
    mutating func appendWritten(_ packet: OutboundPacket) {
        self.log.appendWritten(packet)
    }

    /// The next message to write; `nil` when there is none, or the window is full.
    mutating func next() -> OutboundPacket? {
        self.isWindowOpen ? self.nextOutsideWindow() : nil
    }

    /// The next message to write, however much is unacknowledged: the session ends.
    mutating func nextOutsideWindow() -> OutboundPacket? {
        guard let packet = self.log.writeNext() else { return nil }
        if self.acknowledgedCount > self.forgottenCount { self.forgetAcknowledged() }
        return packet
    }

    /// The client says how much it has received.
    /// - Throws: ``EngineIOError/badRequest`` when that is more than was ever sent.
    mutating func acknowledge(_ count: Int) throws(EngineIOError) {
        guard count <= self.sentCount else { throw .badRequest }
        guard count > self.acknowledgedCount else { return }
        self.acknowledgedCount = count
        self.forgetAcknowledged()
    }

    private mutating func forgetAcknowledged() {
        let count = min(self.acknowledgedCount - self.forgottenCount, self.log.writtenCount)
        self.log.removeFirst(count)
        self.forgottenCount += count
    }

    /// Forgets all messages, at the session's end.
    mutating func removeAll() {
        self.log.removeAll()
    }

    // MARK: Streams

    /// A request of the transport in use asks for what follows this number.
    /// - Throws: ``EngineIOError/badRequest`` when that is gone already, or was never sent.
    mutating func restart(after count: Int) throws(EngineIOError) {
        guard self.forgottenCount...self.sentCount ~= count else { throw .badRequest }
        self.begin(after: count)
    }

    /// Whether ``attach(_:acknowledging:)`` would succeed.
    func checkAttach(_ number: Int, acknowledging count: Int) throws(EngineIOError) {
        guard number > self.attachNumber, count <= self.sentCount else { throw .badRequest }
    }

    /// Another transport takes the session.
    /// - Returns: the number after which it begins.
    /// - Throws: ``EngineIOError/badRequest`` when a later attach was served, or more is acknowledged than was ever sent.
    mutating func attach(_ number: Int, acknowledging count: Int) throws(EngineIOError) -> Int {
        try self.checkAttach(number, acknowledging: count)
        self.attachNumber = number
        self.begin(after: max(count, self.acknowledgedCount))
        return self.forgottenCount
    }

    private mutating func begin(after count: Int) {
        self.sentBefore = self.sentCount
        self.log.removeFirst(count - self.forgottenCount)
        self.log.rewind()
        self.forgottenCount = count
        self.acknowledgedCount = max(self.acknowledgedCount, count)
    }

    // MARK: In

    /// How many messages of a body that begins with this number have come before.
    /// - Throws: ``EngineIOError/badRequest`` when some before it have not come.
    func duplicates(from number: Int) throws(EngineIOError) -> Int {
        guard 1...(self.receivedCount + 1) ~= number else { throw .badRequest }
        return self.receivedCount + 1 - number
    }

    /// A message came.
    mutating func received(bytes: Int) {
        self.receivedCount += 1
        self.untoldBytes += bytes
    }

    /// Whether so much has come that the client is to be told.
    var owesAcknowledgement: Bool {
        self.receivedCount - self.toldCount >= Self.maxUntoldCount
            || self.untoldBytes >= min(Self.maxUntoldBytes, self.buffer / 4) && self.untoldBytes > 0
    }

    /// The client is being told how much has come.
    /// - Returns: how much.
    mutating func tell() -> Int {
        self.toldCount = self.receivedCount
        self.untoldBytes = 0
        return self.receivedCount
    }
}

/// The machine of one lossless session, in memory that other sessions do without.
final class Delivery {
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) var machine: DeliveryStateMachine
    /// Whether the client has named the session since its handshake.
    var isKnownToClient = false

    init(buffer: Int) {
        self.machine = DeliveryStateMachine(buffer: buffer)
    }
}
