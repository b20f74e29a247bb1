// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire
internal import NIOConcurrencyHelpers
package import NIOCore

/// The part of an engine that lives on one event loop: its sessions and their counters.
///
/// `@unchecked Sendable`: a reference may be handed around, since every member but `eventLoop`, `index` and
/// `configuration`, which never change, is used on `eventLoop` only.
package final class EngineShard: @unchecked Sendable {
    package let eventLoop: any EventLoop
    /// The number of this shard within its engine, which session ids carry.
    package let index: Int
    package let configuration: EngineIOConfiguration
    package let loop: LoopContext
    private let node: EngineNode
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) package var counters = Counters()

    /// The message that a session is sent first.
    let initialPacket: OutboundPacket?
    private let makeHandler: @Sendable (Session) -> any SessionHandler
    private var sessions: [SessionID: Session] = [:]
    let relocations: Relocations
    package let limits: LimitReporter
    let gate: HandshakeGate?
    package let log: SessionLog
    private let companion = NIOLockedValueBox<(any AnyObject & Sendable)?>(nil)

    init(
        eventLoop: any EventLoop,
        index: Int,
        configuration: EngineIOConfiguration,
        node: EngineNode,
        relocations: Relocations,
        limits: LimitReporter,
        gate: HandshakeGate?,
        log: SessionLog,
        makeHandler: @escaping @Sendable (Session) -> any SessionHandler
    ) {
        self.log = log
        self.relocations = relocations
        self.limits = limits
        self.gate = gate
        self.eventLoop = eventLoop
        self.node = node
        self.index = index
        self.configuration = configuration
        let loop = LoopContext(eventLoop: eventLoop, maxQueuedSends: configuration.maxQueuedSends)
        self.loop = loop
        self.initialPacket = configuration.initialPacket.map { .shared(SharedMessage($0, on: loop)) }
        self.makeHandler = makeHandler
    }

    deinit {
        self.loop.tearDown()
    }

    /// An object that lives as long as the shard, made at the first call: the data that one kind of transport shares
    /// among its connections on this event loop. May be called on any thread; takes a lock, so call it once a
    /// connection.
    package func companion<Value: AnyObject & Sendable>(_ make: () -> Value) -> Value {
        self.companion.withLockedValue { companion in
            if let value = companion as? Value { return value }
            let value = make()
            companion = value
            return value
        }
    }

    /// The value that ``companion(_:)`` has made, if it is of this type.
    package func existingCompanion<Value: AnyObject & Sendable>(_ type: Value.Type) -> Value? {
        self.companion.withLockedValue { $0 as? Value }
    }

    package var timers: LoopTimers { self.loop.timers }

    package func makeSessionID() -> SessionID {
        SessionID(shard: self.index, node: self.node.tag)
    }

    /// Opens a session on a transport: sends the open packet, and tells the layer above.
    /// - Parameters:
    ///   - id: the session's id, made with ``makeSessionID()``; `nil`: a new one.
    ///   - wantsResume: whether the client asks for a lossless session.
    ///   - seat: the session's place among those that may be open, where they are limited.
    @discardableResult
    package func open(
        _ id: SessionID? = nil,
        on transport: any Transport,
        request: HandshakeRequest,
        wantsResume: Bool = false,
        seat: HandshakeGate.Seat? = nil
    ) -> Session {
        self.eventLoop.assertInEventLoop()
        let session = Session(
            id: id ?? self.makeSessionID(),
            shard: self,
            transport: transport,
            request: request,
            delivery: (wantsResume ? self.configuration.resume : nil).map { Delivery(buffer: $0.buffer) }
        )
        session.state.seat = seat
        self.add(session)
        self.counters.opened &+= 1
        self.log.opened(session)
        transport.bind(to: session)
        session.start(handler: self.makeHandler(session))
        return session
    }

    /// The session of this id. A closed session is still found until its client has been told.
    package func session(_ id: SessionID) -> Session? {
        self.sessions[id]
    }

    /// The session of this id, for callers that need an open session.
    /// - Throws: `unknownSession` when there is none, or when the session is closed.
    package func openSession(_ id: SessionID) throws(EngineIOError) -> Session {
        guard let session = self.sessions[id], session.isOpen else {
            throw .unknownSession
        }
        return session
    }

    func add(_ session: Session) {
        self.sessions[session.id] = session
    }

    package var allSessions: Dictionary<SessionID, Session>.Values { self.sessions.values }

    func forget(_ session: Session) {
        self.sessions[session.id] = nil
        // The application may keep the session's sockets.
        session.state.seat = nil
        self.relocations.forget(session.id)
    }

    /// Closes all sessions.
    package func closeAll(_ reason: DisconnectReason) {
        for session in Array(self.sessions.values) {
            session.close(reason, tellingPeer: .goingAway)
        }
    }
}
