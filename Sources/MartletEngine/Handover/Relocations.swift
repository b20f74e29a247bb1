// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Atomics
internal import DequeModule
package import EngineIOWire
internal import NIOConcurrencyHelpers
internal import NIOCore

/// The sessions of an engine whose ids do not say where they are: those that came from other servers, and those that
/// went there.
final class Relocations: Sendable {
    private struct State {
        /// The index of the shard of each session that came.
        var adopted: [SessionID: Int] = [:]
        /// To which server each session went.
        var departed: [SessionID: String] = [:]
        /// In the order in which they went.
        var departures = Deque<SessionID>()
    }

    /// How many departed sessions are known. Clients come back within seconds.
    static let limit = 1 << 16

    private let state = NIOLockedValueBox(State())
    /// Whether any session was ever relocated. Until then no request pays for more than this.
    private let isUsed = ManagedAtomic(false)

    /// - Returns: false when a session of this id has come before, and has not gone.
    func adopt(_ id: SessionID, in shard: Int) -> Bool {
        self.isUsed.store(true, ordering: .relaxed)
        return self.state.withLockedValue { state in
            guard state.adopted[id] == nil else { return false }
            state.adopted[id] = shard
            state.departed[id] = nil
            return true
        }
    }

    /// The index of the shard of a session that came.
    func shard(of id: SessionID) -> Int? {
        guard self.isUsed.load(ordering: .relaxed) else { return nil }
        return self.state.withLockedValue { $0.adopted[id] }
    }

    func forget(_ id: SessionID) {
        guard self.isUsed.load(ordering: .relaxed) else { return }
        self.state.withLockedValue { _ = $0.adopted.removeValue(forKey: id) }
    }

    func departed(_ id: SessionID, to node: String) {
        self.isUsed.store(true, ordering: .relaxed)
        self.state.withLockedValue { state in
            if state.departed.updateValue(node, forKey: id) == nil { state.departures.append(id) }
            if state.departures.count > Self.limit, let oldest = state.departures.popFirst() {
                state.departed[oldest] = nil
            }
        }
    }

    func destination(of id: SessionID) -> String? {
        guard self.isUsed.load(ordering: .relaxed) else { return nil }
        return self.state.withLockedValue { $0.departed[id] }
    }
}

extension Engine {
    /// To which server a session went; `nil` if it has not gone, or long ago.
    package func destination(of id: SessionID) -> String? { self.relocations.destination(of: id) }

    /// What a client is told that asks for a session which is not here, nor on a node that could be asked: of one that went
    /// to another server only that the request failed, after which the client tries again; else that it is unknown.
    package func absence(of id: SessionID) -> EngineIOError {
        self.destination(of: id) == nil ? .unknownSession : .badRequest
    }
}

extension EngineShard {
    /// Takes a session of another server. It has no transport until its client attaches one, and ends when none does in
    /// time; see ``EngineIOConfiguration/Resume/timeout``.
    /// - Parameter makeHandler: makes the session's handler, whose `opened` is not called.
    package func adopt(
        _ snapshot: SessionSnapshot,
        _ makeHandler: (Session) -> any SessionHandler
    ) throws(InvalidSnapshot) -> Session {
        self.eventLoop.assertInEventLoop()
        guard let resume = self.configuration.resume else { throw .notOffered }
        guard snapshot.byteCount <= self.configuration.unsentLimit else { throw .tooLarge }
        let name = TransportName(rawValue: snapshot.transport)
        guard self.configuration.transports.contains(name) else { throw .transport }
        let delivery = try Delivery(buffer: resume.buffer, restoring: snapshot.delivery)
        guard let id = SessionID(snapshot.id), self.session(id) == nil, self.relocations.adopt(id, in: self.index)
        else { throw .id }
        let session = Session(
            id: id,
            shard: self,
            transport: LostTransport(name: name),
            request: snapshot.request.request,
            delivery: delivery
        )
        session.state.seat = self.gate?.adopt()
        self.add(session)
        session.begin(handler: makeHandler(session))
        return session
    }
}
