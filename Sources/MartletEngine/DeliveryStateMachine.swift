// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire

/// The decisions of a lossless session about its messages (Protocol.md, section 4): the number of each message, which
/// messages are kept, which may be written, and when the peer gets an acknowledgement. The server and the client of a
/// session have one each.
///
/// The machine only decides; the session asks it and acts.
package struct DeliveryStateMachine: ~Copyable {
    private let buffer: Int
    package private(set) var log = MessageLog()
    /// How many messages have left the log: the number of the log's first message is one more.
    private(set) var forgottenCount = 0
    /// How many messages the peer has acknowledged. Larger than ``forgottenCount`` while some acknowledged messages
    /// must be written once more: a message's number follows from its place in the stream, so the stream cannot skip
    /// any.
    package private(set) var acknowledgedCount = 0
    /// The highest number that was written before the stream in use began.
    private var sentBefore = 0
    /// The number of the attach that brought the transport in use; 0 for the handshake.
    private(set) var attachNumber = 0

    /// How many messages the session has received from its peer.
    package private(set) var receivedCount = 0
    /// How many of the received messages have been acknowledged to the peer.
    private var toldCount = 0
    private var untoldBytes = 0

    /// How many received messages, or bytes, may be unacknowledged before the session acknowledges them unasked.
    private static let maxUntoldCount = 64
    private static let maxUntoldBytes = 64 << 10

    /// - Parameter buffer: the window: how many bytes may be written without the peer's acknowledgement.
    package init(buffer: Int) {
        self.buffer = buffer
    }

    /// - Parameters:
    ///   - log: all wait, since no stream is in use.
    ///   - sent: the highest number that was ever written.
    init(buffer: Int, log: MessageLog, forgotten: Int, acknowledged: Int, sent: Int, attach: Int, received: Int) {
        self.buffer = buffer
        self.log = log
        self.forgottenCount = forgotten
        self.acknowledgedCount = acknowledged
        self.sentBefore = sent
        self.attachNumber = attach
        self.receivedCount = received
    }

    /// The highest number that was ever written to a transport.
    package var sentCount: Int { max(self.sentBefore, self.forgottenCount + self.log.writtenCount) }

    /// The number of the last message that was appended.
    package var keptCount: Int { self.forgottenCount + self.log.count }
    /// The highest number that was written to the transport in use.
    package var writtenCount: Int { self.forgottenCount + self.log.writtenCount }

    // MARK: Out

    /// Whether more bytes are kept, written or not, than a session without a transport may keep, or so many messages that
    /// they take as much memory.
    var isOverfull: Bool { self.log.byteCount > self.buffer || self.log.count > max(self.buffer / 16, 64) }
    /// The bytes of all messages that the peer has not acknowledged.
    package var keptBytes: Int { self.log.byteCount }
    var unwrittenCount: Int { self.log.count - self.log.writtenCount }
    var unwrittenBytes: Int { self.log.unwrittenBytes }

    /// Whether a message that is sent now may be written at once.
    var mayWriteAtOnce: Bool { !self.log.hasUnwritten && self.isWindowOpen }

    /// Whether a message has yet to be written, or to be written again.
    package var hasUnwritten: Bool { self.log.hasUnwritten }

    private var isWindowOpen: Bool { self.log.writtenBytes < self.buffer || self.log.writtenCount == 0 }

    /// Gives a message the next number and keeps it for ``next()``.
    package mutating func append(_ packet: OutboundPacket) {
        self.log.append(packet)
    }

    /// Gives a message the next number and keeps it. The caller writes the message, after asking ``mayWriteAtOnce``.
    mutating func appendWritten(_ packet: OutboundPacket) {
        self.log.appendWritten(packet)
    }

    /// The message that ``next()`` would return.
    package var following: OutboundPacket? { self.isWindowOpen ? self.log.firstUnwritten : nil }

    /// The next message to write; `nil` when there is none, or the window is full.
    package mutating func next() -> OutboundPacket? {
        self.isWindowOpen ? self.nextOutsideWindow() : nil
    }

    /// The next message to write, even if the window is full: for a session that ends.
    mutating func nextOutsideWindow() -> OutboundPacket? {
        guard let packet = self.log.writeNext() else { return nil }
        if self.acknowledgedCount > self.forgottenCount { self.forgetAcknowledged() }
        return packet
    }

    /// The peer acknowledges this many messages.
    /// - Throws: ``EngineIOError/badRequest`` when more messages are acknowledged than were ever sent.
    package mutating func acknowledge(_ count: Int) throws(EngineIOError) {
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
    package mutating func removeAll() {
        self.log.removeAll()
    }

    // MARK: Streams

    /// A request of the transport in use asks for the messages after this number.
    /// - Throws: ``EngineIOError/badRequest`` when those messages are forgotten already, or the number was never sent.
    package mutating func restart(after count: Int) throws(EngineIOError) {
        guard self.forgottenCount...self.sentCount ~= count else { throw .badRequest }
        self.begin(after: count)
    }

    /// Whether ``attach(_:acknowledging:)`` would succeed.
    func checkAttach(_ number: Int, acknowledging count: Int) throws(EngineIOError) {
        guard number > self.attachNumber, count <= self.sentCount else { throw .badRequest }
    }

    /// Another transport takes the session.
    /// - Returns: the number of the message before the first one of its stream.
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

    /// How many messages of a body, whose first message has this number, have been received before.
    /// - Throws: ``EngineIOError/badRequest`` when messages before the body are missing.
    package func duplicates(from number: Int) throws(EngineIOError) -> Int {
        guard 1...(self.receivedCount + 1) ~= number else { throw .badRequest }
        return self.receivedCount + 1 - number
    }

    /// A message was received.
    package mutating func received(bytes: Int) {
        self.receivedCount += 1
        self.untoldBytes += bytes
    }

    /// Whether enough has been received since the last acknowledgement to send the next one.
    package var owesAcknowledgement: Bool {
        self.receivedCount - self.toldCount >= Self.maxUntoldCount
            || self.untoldBytes >= min(Self.maxUntoldBytes, self.buffer / 4) && self.untoldBytes > 0
    }

    /// The caller acknowledges all received messages to the peer.
    /// - Returns: how many messages were received.
    package mutating func tell() -> Int {
        self.toldCount = self.receivedCount
        self.untoldBytes = 0
        return self.receivedCount
    }
}

/// The machine of one lossless session. A separate object, so that plain sessions do without its memory.
final class Delivery {
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) var machine: DeliveryStateMachine
    /// Whether the client has sent a request with the session's id since the handshake.
    var isKnownToClient = false

    init(buffer: Int) {
        self.machine = DeliveryStateMachine(buffer: buffer)
    }

    /// A session from another server, whose client knows it.
    init(buffer: Int, restoring snapshot: DeliverySnapshot) throws(InvalidSnapshot) {
        self.machine = try DeliveryStateMachine(buffer: buffer, restoring: snapshot)
        self.isKnownToClient = true
    }
}
