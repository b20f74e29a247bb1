// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import MartletEngine
internal import NIOCore

/// The sockets of one namespace on one event loop whose state can be restored: those that are connected, those that are
/// away, and those that are coming back. Confined to that loop.
final class RecoveryStore {
    private unowned let shard: EventShard
    private let registry: RecoveryRegistry
    private let namespace: String
    private var connected: [String: Socket] = [:]
    private var kept: [String: Kept] = [:]
    /// The names of those who went away, in order; of some the state is not kept any more.
    private var departures = Deque<(pid: String, number: UInt64)>()
    private var departureCount: UInt64 = 0
    private var recordings: [UInt64: Recording] = [:]
    private var recordingCount: UInt64 = 0

    private struct Kept {
        var session: RecoverableSession
        let holder: Holder
    }

    private enum Holder {
        /// Nobody; the state is dropped when the timer fires.
        case away(number: UInt64, timer: LoopTimers.Token)
        /// A new socket of the client, which has not joined yet.
        case returning(Socket)
    }

    /// All broadcasts from some time on.
    typealias Recording = [(packet: EncodedPacket, target: BroadcastTarget)]

    init(shard: EventShard, registry: RecoveryRegistry, namespace: String) {
        self.shard = shard
        self.registry = registry
        self.namespace = namespace
    }

    var isEmpty: Bool { self.connected.isEmpty && self.kept.isEmpty && self.recordings.isEmpty }

    // MARK: Connected sockets

    func add(_ socket: Socket, pid: String) {
        self.connected[pid] = socket
        self.registry.setOwner(of: pid, self.shard)
    }

    /// - Parameter session: the socket's state if it may come back.
    func remove(pid: String, keeping session: RecoverableSession?) {
        guard self.connected.removeValue(forKey: pid) != nil else { return }
        if let session { self.keep(session) } else { self.registry.setOwner(of: pid, nil) }
    }

    // MARK: Kept state

    /// The client is away.
    func keep(_ session: RecoverableSession) {
        let pid = session.pid
        let timer = self.shard.timers.schedule(after: TimeAmount(self.registry.settings.maxDisconnectionDuration)) {
            [weak self] in self?.drop(pid)
        }
        self.departureCount += 1
        self.keep(session, .away(number: self.departureCount, timer: timer))
        self.departures.append((pid, self.departureCount))
        self.dropOldest()
    }

    /// The client is coming back as a new socket, which has not joined yet.
    func keep(_ session: RecoverableSession, for socket: Socket) {
        self.keep(session, .returning(socket))
    }

    private func keep(_ session: RecoverableSession, _ holder: Holder) {
        self.kept[session.pid] = Kept(session: session, holder: holder)
        self.registry.setOwner(of: session.pid, self.shard)
    }

    private func isAway(_ departure: (pid: String, number: UInt64)) -> Bool {
        guard case .away(departure.number, _)? = self.kept[departure.pid]?.holder else { return false }
        return true
    }

    private func dropOldest() {
        while self.kept.count > self.registry.settings.maxAway, let first = self.departures.popFirst() {
            if self.isAway(first) { self.drop(first.pid) }
        }
        // All calls together take as many steps as there were departures.
        if self.departures.count > 2 * self.kept.count + 16 {
            self.departures = Deque(self.departures.filter(self.isAway))
        }
    }

    private func drop(_ pid: String) {
        guard self.takeKept(pid) != nil else { return }
        self.registry.setOwner(of: pid, nil)
        self.shard.removeIfEmpty(self.namespace)
    }

    private func takeKept(_ pid: String) -> RecoverableSession? {
        guard let kept = self.kept.removeValue(forKey: pid) else { return nil }
        if case .away(_, let timer) = kept.holder { self.shard.timers.cancel(timer) }
        return kept.session
    }

    /// Hands out a socket's state, once, to whose it is. A socket that seems to be connected still has lost its
    /// connection without a sign.
    func take(_ pid: String, for identity: String?, now: Duration) -> RecoverableSession? {
        if let socket = self.connected[pid], socket.session.belongs(to: identity) {
            socket.connection.close(.transportClose)
        }
        guard let kept = self.kept[pid], case .away = kept.holder,
            SessionIdentity.isSame(kept.session.identity, identity)
        else { return nil }
        guard !SocketExpiry.isOver(kept.session.expiry, now: now) else {
            self.drop(pid)
            return nil
        }
        return self.takeKept(pid)
    }

    /// The socket with which the client comes back has joined.
    func finish(_ pid: String) -> RecoverableSession? { self.takeKept(pid) }

    /// The socket with which the client was coming back will not join.
    /// - Parameter mayReturn: whether the client may try again.
    func abandon(_ pid: String, mayReturn: Bool) {
        guard mayReturn else { return self.drop(pid) }
        if let session = self.takeKept(pid) { self.keep(session) }
    }

    // MARK: Broadcasts

    func record(_ packet: EncodedPacket, _ target: BroadcastTarget) {
        if self.kept.isEmpty, self.recordings.isEmpty { return }
        for pid in self.kept.keys {
            // Changed in place, where no copy of the log is made.
            if self.kept[pid]?.session.isAddressed(by: target) == true {
                self.kept[pid]?.session.log.append(packet, isVolatile: target.isVolatile)
            }
        }
        for key in self.recordings.keys { self.recordings[key]?.append((packet, target)) }
    }

    func beginRecording() -> UInt64 {
        self.recordingCount += 1
        self.recordings[self.recordingCount] = []
        return self.recordingCount
    }

    func endRecording(_ number: UInt64) -> Recording {
        self.recordings.removeValue(forKey: number) ?? []
    }

    /// Performs an operation on those who are away, as on those who are connected.
    func perform(_ operation: SocketOperation, on target: BroadcastTarget) {
        for (pid, kept) in self.kept where kept.session.isAddressed(by: target) {
            switch (operation, kept.holder) {
            case (.join(let rooms), _): self.kept[pid]?.session.rooms.formUnion(rooms)
            case (.leave(let rooms), _): self.kept[pid]?.session.rooms.subtract(rooms)
            case (.expire(let time), .away): self.kept[pid]?.session.expiry = time
            case (.expire, .returning): break
            case (.disconnect, .away): self.drop(pid)
            case (.disconnect(let closingConnection), .returning(let socket)):
                socket.disconnectNow(closingConnection: closingConnection)
            }
        }
    }
}
