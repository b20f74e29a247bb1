// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Keeps the record of a connected socket's session up to date, so that it is there when this server dies. Confined to
/// the socket's event loop.
final class HeldSession {
    /// How long a change waits for others to come.
    private static let delay = TimeAmount.milliseconds(100)

    let shared: SharedRecovery
    private unowned let socket: Socket
    private let pid: String
    private let connectedAt: JournalOffset?
    private var generation: Int
    /// The state that was given back, until the socket has joined.
    var returning: ReturningSession?
    private var change: LoopTimers.Token?
    private var refresh: LoopTimers.Token?

    /// - Parameter record: the record that was given back; nil for a new session.
    init(_ socket: Socket, pid: String, _ shared: SharedRecovery, restoring record: SessionRecord? = nil) {
        self.socket = socket
        self.pid = pid
        self.shared = shared
        let position = socket.shard.journalPosition ?? shared.journal.position
        self.connectedAt = record.map { $0.connectedAt } ?? position
        self.generation = record.map { $0.generation &+ 1 } ?? 0
    }

    /// The socket comes from another server, with its session.
    init(_ socket: Socket, _ shared: SharedRecovery, continuing session: TravellingRecovery) {
        self.socket = socket
        self.pid = session.pid
        self.shared = shared
        self.connectedAt = session.connectedAt
        self.generation = session.generation + 1
    }

    /// The socket has joined.
    func begin() {
        self.socket.shard.local(self.socket.namespace).held[self.pid] = self.socket
        self.saveAndRefresh()
    }

    /// The rooms or the data have changed.
    func noteChange() {
        guard self.socket.phase == .connected || self.socket.phase == .frozen, self.change == nil else { return }
        self.change = self.socket.shard.timers.schedule(after: Self.delay) { [weak self] in
            self?.change = nil
            self?.save(holder: self?.shared.node)
        }
    }

    private func saveAndRefresh() {
        self.save(holder: self.shared.node)
        let interval = TimeAmount(self.shared.settings.maxDisconnectionDuration / 3)
        self.refresh = self.socket.shard.timers.schedule(after: max(interval, .milliseconds(100))) { [weak self] in
            self?.saveAndRefresh()
        }
    }

    private func save(holder: String?) {
        let record = SessionRecord(
            id: self.socket.id,
            rooms: Set(self.socket.seats.keys),
            data: self.socket.data.encoded(),
            connectedAt: self.connectedAt,
            position: self.socket.shard.journalPosition ?? self.shared.journal.position,
            generation: self.generation,
            holder: holder,
            identity: self.socket.session.request.identity,
            expiry: self.socket.expiry?.time)
        self.shared.save(record, pid: self.pid, in: self.socket.namespace)
    }

    /// The socket is about to leave its rooms, or to go without having joined.
    /// - Parameter mayReturn: whether the client may come back.
    func end(mayReturn: Bool) {
        let isHeld = self.letGo()
        if let returning {
            self.socket.shard.local(self.socket.namespace).returning.removeAll { $0 === returning }
            if mayReturn, let record = returning.replay?.record {
                self.shared.giveBack(record, pid: self.pid, in: self.socket.namespace)
            }
        } else if isHeld, mayReturn {
            self.save(holder: nil)
        } else if isHeld {
            self.shared.remove(pid: self.pid, in: self.socket.namespace)
        }
    }

    /// - Returns: false if the socket had not joined, or has ended.
    private func letGo() -> Bool {
        if let change { self.socket.shard.timers.cancel(change) }
        if let refresh { self.socket.shard.timers.cancel(refresh) }
        return self.socket.shard.local(self.socket.namespace).held.removeValue(forKey: self.pid) != nil
    }

    // MARK: Handovers

    /// What another server needs to hold the session.
    func travelling(isRestored: Bool) -> TravellingRecovery {
        TravellingRecovery(
            pid: self.pid, connectedAt: self.connectedAt, generation: self.generation, isRestored: isRestored)
    }

    /// Another server has the socket, and has written its record.
    func leave() {
        if self.letGo() { self.shared.remove(pid: self.pid, in: self.socket.namespace) }
    }

    /// The socket stays, though another server may have written a record: the next one of this server comes after that.
    func stay() {
        self.generation &+= 2
        self.save(holder: self.shared.node)
    }
}

extension Socket {
    /// The client has come back; the socket has not joined yet.
    func restore(_ record: SessionRecord, _ returning: ReturningSession, _ shared: SharedRecovery) {
        let held = HeldSession(self, pid: returning.pid, shared, restoring: record)
        held.returning = returning
        self.shard.lock.withLock {
            self.id = record.id
            self.storage = record.data
            self.recovery = Recovery(held, pid: returning.pid, isRestored: true)
        }
        self.setExpiry(returning.replay?.expiry)
    }

    /// The socket has joined the namespace: puts it into the rooms that it was in, and sends what it missed.
    func finishRecovery(_ shared: SharedRecovery) {
        if let held = self.recovery?.held, let returning = held.returning.take(), let replay = returning.replay {
            let local = self.shard.local(self.namespace)
            local.returning.removeAll { $0 === returning }
            self.joinNow(Array(replay.rooms))
            for packet in replay.events { self.write(packet, EmitFlags()) }
        }
        if self.recovery == nil { self.hold(shared) }
        self.recovery?.held?.begin()
    }

    /// Gives the socket a session, which is to begin once the socket is in its rooms.
    /// - Parameter session: the session that it had on another server; nil for a new one.
    func hold(_ shared: SharedRecovery, continuing session: TravellingRecovery? = nil) {
        let pid = session?.pid ?? SharedSessionName(maker: shared.node).text
        let held =
            session.map { HeldSession(self, shared, continuing: $0) } ?? HeldSession(self, pid: pid, shared)
        self.shard.lock.withLock {
            self.recovery = Recovery(held, pid: pid, isRestored: session?.isRestored ?? false)
        }
    }

    /// The rooms or the data have changed.
    func noteChange() { self.recovery?.held?.noteChange() }
}
