// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import SocketIOWire

/// A connection that leaves for another server, in this order: it is not read any more, so that its handlers can finish;
/// it is frozen and described; it is released, or goes on. All on the event loop.
extension Connection {
    /// Whether the connection can leave: all its sockets have joined, and none stays.
    var mayLeave: Bool {
        self.session.isLossless && self.session.isOpen && self.runningMiddleware == 0
            && self.sockets.allSatisfy { $0.phase == .connected && !$0.staysHere }
    }

    /// Stops reading. Handlers go on with what has come.
    func beginDeparture() {
        self.isDeparting = true
        self.session.pauseReading()
    }

    /// - Returns: `nil` when the connection cannot leave.
    func freeze() -> ConnectionSnapshot? {
        guard self.mayLeave else { return nil }
        for socket in self.sockets { socket.sendLatest() }
        guard self.session.freeze() else { return nil }
        let sockets = self.sockets.compactMap { $0.snapshot() }
        guard let session = self.session.snapshot(), sockets.count == self.sockets.count else {
            self.session.thaw()
            return nil
        }
        for socket in self.sockets { self.shard.lock.withLock { socket.phase = .frozen } }
        return ConnectionSnapshot(
            session: session,
            partial: self.partialPacket.map { self.core.codec.messages(of: $0) } ?? [],
            revokedNamespaces: self.revokedNamespaces,
            sockets: sockets
        )
    }

    /// The connection stays.
    func endDeparture() {
        self.isDeparting = false
        for socket in self.sockets where socket.phase == .frozen {
            self.shard.lock.withLock { socket.phase = .connected }
            if let expiry = socket.expiry { socket.setExpiry(expiry.time) }
            socket.recovery?.held?.stay()
        }
        self.session.thaw()
        for socket in self.sockets where !socket.state.isBusy { socket.drainWaiting() }
        if !self.isPaused { self.session.resumeReading() }
        self.shard.executor.drain()
    }

    /// Another server has the connection. Nobody here is told of an end.
    /// - Returns: false when the connection has ended meanwhile.
    func release(to node: String) -> Bool {
        guard self.session.isFrozen else { return false }
        self.cancelConnectTimer()
        self.session.release(to: node)
        let sockets = self.sockets
        self.sockets = []
        for socket in sockets { socket.leaveForAnotherServer() }
        return true
    }

    /// Puts the sockets of a connection from another server into their namespaces and rooms. Their handlers are not
    /// called yet.
    /// - Throws: with nothing changed; the session is then to be closed.
    func restore(
        _ snapshot: ConnectionSnapshot,
        answered: @escaping @Sendable (_ socketID: String, _ question: Int, ServerSideAnswer) -> Void
    ) throws(RestoringError) {
        let limit = self.core.configuration.maxNamespaces
        guard snapshot.sockets.count <= limit, snapshot.revokedNamespaces.count <= limit,
            Set(snapshot.sockets.map(\.namespace)).count == snapshot.sockets.count
        else { throw .invalid }
        guard try self.restoreDecoder(snapshot.partial).isEmpty else { throw .invalid }
        var waiting: [[SocketPacket]] = []
        for socket in snapshot.sockets {
            var decoder = self.core.codec.makeDecoder()
            guard socket.isPlausible else { throw .invalid }
            let packets = try decoder.restore(socket.waiting)
            guard decoder.partial == nil, packets.allSatisfy({ $0.hasName && $0.namespace == socket.namespace })
            else { throw .invalid }
            waiting.append(packets)
        }
        var entered: [Namespace] = []
        for socket in snapshot.sockets {
            guard let auth = socket.auth.one,
                let namespace = self.core.namespaces.enter(socket.namespace, auth: auth),
                !self.shard.local(namespace).has(socket.id)
            else {
                for namespace in entered { self.core.left(namespace) }
                throw .unknownNamespace
            }
            entered.append(namespace)
        }
        self.revokedNamespaces = snapshot.revokedNamespaces
        for (index, namespace) in entered.enumerated() {
            let state = snapshot.sockets[index]
            let auth = state.auth.one ?? .emptyObject
            let socket = Socket(restoring: state, auth, in: namespace, of: self)
            self.sockets.append(socket)
            socket.restore(state, waiting: waiting[index], answered: answered)
        }
        if entered.isEmpty { self.startConnectTimer() }
    }

    /// The restored sockets are in their rooms, with all that has happened to them meanwhile: writes their records.
    /// - Returns: the sessions of which there are records.
    func beginRecords() -> [(pid: String, namespace: Namespace)] {
        self.sockets.compactMap { socket in
            guard let recovery = socket.recovery, let held = recovery.held else { return nil }
            held.begin()
            return (recovery.pid, socket.namespace)
        }
    }

    /// The other server keeps the connection, and the records.
    func dropRecords() {
        for socket in self.sockets { socket.recovery?.held?.leave() }
    }

    /// Calls the handlers of new connections for restored sockets.
    func introduceRestored() {
        for socket in self.sockets where socket.isRestored && socket.phase == .connected {
            self.run(socket.namespace.handlers.connection, from: 0, socket)
        }
        self.shard.executor.drain()
    }
}
