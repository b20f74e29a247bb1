// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

/// Giving a client its former state back, wherever it was.
extension SharedRecovery {
    /// Takes the state that a client asks for, and reads what it has missed.
    /// - Parameter identity: who asks.
    /// - Returns: nil if the state is somebody else's, or cannot be given back as a whole.
    func claim(
        _ claim: RecoveryClaim, _ name: SharedSessionName, for identity: String?, in namespace: Namespace
    ) async -> SessionReplay? {
        let session = name.key(in: namespace.name)
        guard let record = await self.take(session, name, for: identity, in: namespace) else { return nil }
        guard let start = claim.offset.map({ JournalOffset($0) }) ?? record.connectedAt,
            start >= record.connectedAt ?? .zero
        else { return nil }
        let replay = SessionReplay(record, pid: name.text, after: start, limit: self.settings.buffer)
        let missed = await self.gate.run { try? await self.readMissed(replay, from: start, in: namespace) }
        // What was read may be ahead of what this server has delivered, and must not come to the socket once more.
        if let missed { await self.journal.reach(missed.last) }
        return missed
    }

    /// Where the mark of who has taken a state is; no server's id.
    private static let taker = "taken"

    private func take(
        _ session: String, _ name: SharedSessionName, for identity: String?, in namespace: Namespace
    ) async -> SessionRecord? {
        var asked: Set<String> = []
        do {
            // Ends when nobody has the session, or who has it has been asked to let go. Each time another server may have
            // taken it meanwhile.
            for _ in 0..<4 {
                let seen = SessionEntries(try await self.journal.records(of: session))
                if let record = seen.record {
                    guard SessionIdentity.isSame(record.identity, identity),
                        !SocketExpiry.isOver(record.expiry, now: namespace.core.configuration.unixTime())
                    else { return nil }
                }
                // Without a record, who has the session has perhaps not written it yet.
                let holder = seen.record.map { $0.holder } ?? seen.taker ?? name.maker
                if let holder, asked.insert("\(seen.record?.generation ?? -1) \(holder)").inserted {
                    await self.release(name.text, in: namespace, from: holder)
                } else if let record = seen.record {
                    return try await self.take(record, session)
                } else {
                    return nil
                }
            }
            return nil
        } catch {
            return nil
        }
    }

    /// - Parameter record: what is expected.
    private func take(_ record: SessionRecord, _ session: String) async throws -> SessionRecord? {
        let mark = SessionEntry.taken(by: self.node, generation: record.generation)
        let taken = try await self.journal.take(
            session, leaving: try ClusterMessage(from: self.node, mark).written(), holder: Self.taker,
            timeToLive: self.settings.maxDisconnectionDuration)
        return SessionEntries(taken).record.flatMap { $0.generation == record.generation ? $0 : nil }
    }

    private func readMissed(
        _ replay: SessionReplay,
        from start: JournalOffset,
        in namespace: Namespace
    ) async throws -> SessionReplay? {
        var replay = replay
        var count = 0
        while true {
            guard let page = try await self.journal.entries(after: replay.last, since: start) else { return nil }
            for entry in page.entries where entry.channel == namespace.name {
                if let delivery = self.delivery(entry, namespace.core.codec) { try replay.apply(delivery) }
            }
            if let last = page.last { replay.skip(to: last) }
            if page.isLast { return replay }
            count += page.count
            guard count < self.journal.maxRead else { return nil }
        }
    }
}

extension SessionEntries {
    /// What cannot be read counts for nothing.
    fileprivate init(_ messages: [ByteBuffer]) {
        self.init(messages.compactMap { try? ClusterMessage<SessionEntry>(reading: $0).body })
    }
}

extension Connection {
    /// Looks for the state that a client asks for, and calls `admit` when it has been found, or cannot be.
    func recover(_ socket: Socket, _ shared: SharedRecovery, _ admit: @escaping @Sendable () -> Void) {
        guard let claim = try? socket.handshake.auth.decode(as: RecoveryClaim.self, using: JSONArgumentCoder()),
            let name = SharedSessionName(claim.pid)
        else { return admit() }
        let namespace = socket.namespace
        let local = self.shard.local(namespace)
        let identity = self.session.request.identity
        let returning = NIOLoopBound(ReturningSession(pid: claim.pid), eventLoop: self.shard.eventLoop)
        // From here on nothing that reaches this event loop is missed.
        local.returning.append(returning.value)
        // As many claims as there may be runs of middleware.
        self.runningMiddleware += 1
        Task {
            let replay = await shared.claim(claim, name, for: identity, in: namespace)
            self.shard.queue.post {
                self.runningMiddleware -= 1
                self.restore(socket, returning.value, replay, shared)
                admit()
            }
        }
    }

    private func restore(
        _ socket: Socket,
        _ returning: ReturningSession,
        _ replay: SessionReplay?,
        _ shared: SharedRecovery
    ) {
        let local = self.shard.local(socket.namespace)
        guard let replay, (try? returning.finish(replay)) != nil else {
            local.returning.removeAll { $0 === returning }
            return self.shard.removeIfEmpty(socket.namespace.name)
        }
        // The client may have left meanwhile.
        guard socket.phase == .connecting, self.session.isOpen else {
            local.returning.removeAll { $0 === returning }
            shared.giveBack(replay.record, pid: returning.pid, in: socket.namespace)
            return self.shard.removeIfEmpty(socket.namespace.name)
        }
        returning.onFailure = { [weak socket] failure in
            switch failure {
            case .ended: socket?.disconnectNow(closingConnection: false)
            // The client comes back again, and finds that it has missed too much.
            case .tooMuch: socket?.connection.close(.forcedClose.with(details: "too much was missed"))
            }
        }
        socket.restore(replay.record, returning, shared)
    }
}

extension SharedRecovery {
    /// A state that was taken for a client stays where any server can take it.
    func giveBack(_ record: SessionRecord, pid: String, in namespace: Namespace) {
        var record = record
        record.holder = nil
        record.generation &+= 1
        self.save(record, pid: pid, in: namespace)
    }

    func save(_ record: SessionRecord, pid: String, in namespace: Namespace) {
        guard let name = SharedSessionName(pid),
            let message = try? ClusterMessage(from: self.node, SessionEntry.record(record)).written()
        else { return }
        self.journal.save(
            message, of: name.key(in: namespace.name), holder: self.node,
            timeToLive: self.settings.maxDisconnectionDuration)
    }

    /// Waits until records are written; not for long, if the journal takes none.
    func settle(_ sessions: [(pid: String, namespace: Namespace)]) async {
        for (pid, namespace) in sessions {
            guard let name = SharedSessionName(pid) else { continue }
            do { try await self.journal.settle(name.key(in: namespace.name)) } catch { return }
        }
    }

    func remove(pid: String, in namespace: Namespace) {
        guard let name = SharedSessionName(pid) else { return }
        self.journal.remove(name.key(in: namespace.name), holder: self.node)
    }
}
