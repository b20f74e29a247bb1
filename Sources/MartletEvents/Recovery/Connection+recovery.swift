// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Giving a client its former state back.
extension Connection {
    /// Looks for the state that a client asks for, and calls `admit` when it has been found, or cannot be.
    func recover(_ socket: Socket, _ registry: RecoveryRegistry, _ admit: @escaping @Sendable () -> Void) {
        if let shared = registry.shared { return self.recover(socket, shared, admit) }
        let shard = self.shard
        let namespace = socket.namespace
        guard let claim = try? socket.handshake.auth.decode(as: RecoveryClaim.self, using: JSONArgumentCoder()),
            let owner = registry.owner(of: claim.pid)
        else { return admit() }
        let identity = self.session.request.identity
        let now = self.core.configuration.unixTime()
        guard owner !== shard else {
            if let session = shard.local(namespace).recovery?.take(claim.pid, for: identity, now: now) {
                self.restore(socket, session, claim)
            }
            return admit()
        }
        let recording = shard.local(namespace).recovery?.beginRecording() ?? 0
        registry.posting.withLock {
            owner.queue.post {
                let session = owner.existing(namespace)?.recovery?.take(claim.pid, for: identity, now: now)
                shard.queue.post {
                    let recorded = shard.local(namespace).recovery?.endRecording(recording) ?? []
                    if var session {
                        // The former loop has had some of these broadcasts, too.
                        for (packet, target) in recorded where session.isAddressed(by: target) {
                            guard let offset = packet.offset, !session.log.contains(offset) else { continue }
                            session.log.append(packet, isVolatile: target.isVolatile)
                        }
                        self.restore(socket, session, claim)
                    }
                    admit()
                }
            }
        }
    }

    private func restore(_ socket: Socket, _ session: RecoverableSession, _ claim: RecoveryClaim) {
        guard let store = self.shard.local(socket.namespace).recovery else { return }
        // The client may have left meanwhile.
        guard socket.phase == .connecting, self.session.isOpen else { return store.keep(session) }
        var session = session
        guard session.log.removeReceived(through: claim.offset) else { return }
        socket.restore(session)
        // Broadcasts go on being kept until the socket is in its rooms.
        store.keep(session, for: socket)
    }

    /// The socket has joined the namespace: puts it into the rooms that it was in, and sends what it missed.
    func finishRecovery(_ socket: Socket, _ registry: RecoveryRegistry) {
        if let shared = registry.shared { return socket.finishRecovery(shared) }
        let store = self.shard.local(socket.namespace).recovery
        if let recovery = socket.recovery, let session = store?.finish(recovery.pid) {
            socket.recovery?.log = session.log
            socket.joinNow(Array(session.rooms))
            for packet in session.log.packets { socket.write(packet, EmitFlags()) }
        }
        let recovery = socket.recovery ?? Socket.Recovery(limit: registry.settings.buffer)
        socket.shard.lock.withLock { socket.recovery = recovery }
        store?.add(socket, pid: recovery.pid)
    }
}

extension Socket {
    /// What a socket has while recovery is on. Confined to the socket's event loop, but for what never changes.
    final class Recovery {
        let pid: String
        var log: RecoveryLog
        /// Whether the socket has the state of a former one.
        let isRestored: Bool
        /// Nil where this server alone keeps the state.
        let held: HeldSession?

        init(limit: Int) {
            self.pid = SessionID(shard: 0).description
            self.log = RecoveryLog(limit: limit)
            self.isRestored = false
            self.held = nil
        }

        /// All servers of a cluster keep the state; what a client has missed is in their journal.
        init(_ held: HeldSession, pid: String, isRestored: Bool) {
            self.pid = pid
            self.log = RecoveryLog(limit: 0)
            self.isRestored = isRestored
            self.held = held
        }

        init(restoring session: RecoverableSession) {
            self.pid = session.pid
            self.log = session.log
            self.isRestored = true
            self.held = nil
        }
    }

    /// Whether the client got back the state of a former socket, whose connection was lost: its ``id``, ``rooms`` and
    /// ``data``, and the events that it missed. See ``ConnectionStateRecovery``.
    public var recovered: Bool { self.read { self.recovery?.isRestored ?? false } }

    func restore(_ session: RecoverableSession) {
        self.shard.lock.withLock {
            self.id = session.id
            self.storage = session.storage
            self.recovery = Recovery(restoring: session)
        }
        self.setExpiry(session.expiry)
    }

    /// The socket is about to leave its rooms.
    func leaveRecovery(_ reason: DisconnectReason) {
        if let held = self.recovery?.held {
            // Another server may serve the client when this one ends.
            return held.end(mayReturn: reason.isRecoverable || reason == .serverShuttingDown)
        }
        guard let recovery = self.recovery, let store = self.shard.local(self.namespace).recovery else { return }
        if self.phase == .connecting {
            return store.abandon(recovery.pid, mayReturn: reason.isRecoverable)
        }
        let session = RecoverableSession(
            pid: recovery.pid,
            id: self.id,
            rooms: Set(self.seats.keys),
            storage: self.shard.lock.withLock { self.storage },
            identity: self.session.request.identity,
            expiry: self.expiry?.time,
            log: recovery.log
        )
        store.remove(pid: recovery.pid, keeping: reason.isRecoverable ? session : nil)
    }
}
