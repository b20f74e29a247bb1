// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire

/// A way out for the packets of a session.
///
/// A transport writes, closes, and says what it is. It never reads: what came in is handed to the ``Session`` by
/// whoever received it. All members are called on the event loop of the session.
package protocol Transport: Flushable {
    /// The name that the client asked for it by.
    var name: TransportName { get }

    /// The transports that a session on this one may be upgraded to.
    var upgrades: [TransportName] { get }

    /// Whether a packet may be written now. When this turns true again, the transport calls
    /// ``Session/transportBecameWritable(_:)``.
    var isWritable: Bool { get }

    /// Whether what is written now leaves with this turn of the event loop, as far as can be known: nothing written
    /// before it waits for the network, or for a request of the client's.
    var sendsAtOnce: Bool { get }

    /// Bytes that were written and have not left the process yet.
    var unsentBytes: Int { get }

    /// Whether a closed session stays known until its client's next request, by which the client is told.
    var lingersWhenClosed: Bool { get }

    /// Makes the session known that the transport is to carry; called once, before anything is written to it. The transport
    /// lets the session go when it is closed.
    func bind(to session: Session)

    /// Takes a GET request by which the client of the session in use asks for packets.
    /// - Throws: ``EngineIOError/badRequest`` where there are no such requests.
    func receive(_ request: any HTTPExchange) throws(EngineIOError)

    /// Takes one packet. What is written within one turn of the event loop leaves together, with
    /// ``Flushable/flush()`` at its end.
    func write(_ packet: OutboundPacket)

    /// Ends the transport after what was written has left.
    /// - Parameter reason: why; a WebSocket's close code follows from it.
    func close(_ reason: TransportCloseReason)

    /// Stops or resumes taking what the peer sends, for as long as its messages cannot be handled.
    func setReadingPaused(_ paused: Bool)

    /// An upgrade to another transport is under way: a request that waits for messages must end soon
    /// (Engine.IO protocol 4, upgrade).
    func releaseForUpgrade()

    /// That upgrade has failed: requests may wait again.
    func upgradeAbandoned()

    /// The transport is asked to stop because another one took its place, or because its client is not heard any more.
    /// Nothing is said about the session's end.
    func retire()
}

extension Transport {
    package var sendsAtOnce: Bool { self.isWritable }
    package var lingersWhenClosed: Bool { false }
    package func receive(_ request: any HTTPExchange) throws(EngineIOError) { throw .badRequest }
    package func setReadingPaused(_ paused: Bool) {}
    package func releaseForUpgrade() {}
    package func upgradeAbandoned() {}
}

/// Why a transport is closed by this side.
package enum TransportCloseReason: Sendable {
    /// The session is over in good order.
    case done
    /// The peer broke the protocol.
    case protocolError
    /// The peer said that it is over.
    case byPeer
    /// The peer was lost and has not come back.
    case lost
    /// The server goes away.
    case goingAway
    /// The peer takes too little of what it is sent, and gets no more of it.
    case tooSlow

    /// Whether the peer is still to be told, if need be with its next request; one that broke the transport's protocol,
    /// has closed, or was not heard in time asks in vain afterwards.
    package var isTold: Bool {
        switch self {
        case .done, .goingAway, .tooSlow: true
        case .protocolError, .byPeer, .lost: false
        }
    }

    /// Whether the peer still gets what was sent before the end.
    package var deliversRest: Bool {
        switch self {
        case .done, .goingAway: true
        case .protocolError, .byPeer, .lost, .tooSlow: false
        }
    }
}
