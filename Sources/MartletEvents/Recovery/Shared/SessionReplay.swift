// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// A session on its way back to its client: its state, brought up to date by what the journal says, in order.
struct SessionReplay: Sendable {
    enum Failure: Error {
        /// A server has ended the session meanwhile.
        case ended
        /// There is more than may be kept for one client.
        case tooMuch
    }

    let record: SessionRecord
    private var session: RecoverableSession
    /// What was missed, in order.
    private(set) var events: [EncodedPacket] = []
    private var byteCount = 0
    private let limit: Int
    /// The last entry that has been looked at.
    private(set) var last: JournalOffset

    /// - Parameter start: the last entry that the client has.
    init(_ record: SessionRecord, pid: String, after start: JournalOffset, limit: Int) {
        self.record = record
        self.session = RecoverableSession(
            pid: pid, id: record.id, rooms: record.rooms, storage: record.data, expiry: record.expiry,
            log: RecoveryLog(limit: 0))
        self.limit = limit
        self.last = start
    }

    var rooms: Set<String> { self.session.rooms }
    var expiry: Duration? { self.session.expiry }

    /// Everything up to an entry has been looked at.
    mutating func skip(to offset: JournalOffset) { self.last = max(self.last, offset) }

    /// Entries that have been looked at before change nothing.
    mutating func apply(_ delivery: JournalDelivery) throws(Failure) {
        guard delivery.offset > self.last else { return }
        self.last = delivery.offset
        switch delivery.action {
        case .broadcast(let packet, let target):
            guard !target.isVolatile, self.session.isAddressed(by: target) else { return }
            self.byteCount += packet.byteCount + 64
            guard self.byteCount <= self.limit else { throw .tooMuch }
            self.events.append(packet)
        case .perform(let operation, let target):
            // The rooms in the record are later than this.
            if let position = self.record.position, delivery.offset <= position { return }
            guard self.session.isAddressed(by: target) else { return }
            switch operation {
            case .join(let rooms): self.session.rooms.formUnion(rooms)
            case .leave(let rooms): self.session.rooms.subtract(rooms)
            case .expire(let time): self.session.expiry = time
            case .disconnect: throw .ended
            }
        }
    }
}

/// What reaches an event loop while a session is on its way back to a client there. Confined to that loop.
final class ReturningSession {
    /// Past this number of entries that wait, the session is not given back.
    private static let waitingLimit = 10_000

    let pid: String
    private var waiting: [JournalDelivery] = []
    /// What there is to say about the past; nil as long as it is being read.
    private(set) var replay: SessionReplay?
    private var failure: SessionReplay.Failure?
    /// Called when the session ends after ``finish(_:)``.
    var onFailure: ((SessionReplay.Failure) -> Void)?

    init(pid: String) {
        self.pid = pid
    }

    func received(_ delivery: JournalDelivery) {
        guard self.failure == nil else { return }
        if self.replay != nil {
            do throws(SessionReplay.Failure) { try self.replay?.apply(delivery) } catch { self.fail(error) }
        } else if self.waiting.count < Self.waitingLimit {
            self.waiting.append(delivery)
        } else {
            self.fail(.tooMuch)
        }
    }

    /// The past has been read, up to a place after the first entry that has waited here.
    func finish(_ past: SessionReplay) throws(SessionReplay.Failure) {
        if let failure { throw failure }
        var replay = past
        for delivery in self.waiting { try replay.apply(delivery) }
        self.waiting = []
        self.replay = replay
    }

    private func fail(_ failure: SessionReplay.Failure) {
        self.failure = failure
        self.waiting = []
        self.onFailure?(failure)
    }
}
