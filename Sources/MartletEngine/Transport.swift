// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire

/// Sends the packets of a session to its client.
///
/// A transport only writes and closes; it does not read. The code that receives from the network hands packets to the
/// ``Session``. All members are called on the event loop of the session.
package protocol Transport: Flushable {
    /// The name by which clients ask for the transport.
    var name: TransportName { get }

    /// The transports to which a session on this transport may be upgraded.
    var upgrades: [TransportName] { get }

    /// Whether a packet may be written now. When this turns true again, the transport calls
    /// ``Session/transportBecameWritable(_:)``.
    var isWritable: Bool { get }

    /// Whether a packet written now leaves at the end of this turn of the event loop, as far as can be known: no
    /// earlier packet waits for the network, or for a request of the client's.
    var sendsAtOnce: Bool { get }

    /// Bytes that were written and have not left the process yet.
    var unsentBytes: Int { get }

    /// Calls ``Session/transportBecameWritable(_:)`` once, when no bytes are unsent, even if packets could be written all
    /// the time. Bytes that leave at the end of the turn in which they were written need not be told of.
    func tellWhenEmpty()

    /// Whether a closed session stays known until its client's next request, by which the client is told.
    var lingersWhenClosed: Bool { get }

    /// Gives the transport its session; called once, before anything is written. The transport drops its reference to
    /// the session when it is closed.
    func bind(to session: Session)

    /// Takes a GET request by which the client asks for packets.
    /// - Throws: ``EngineIOError/badRequest`` when the transport has no such requests.
    func receive(_ request: any HTTPExchange) throws(EngineIOError)

    /// Takes one packet. Packets written within one turn of the event loop leave together, with
    /// ``Flushable/flush()`` at its end.
    func write(_ packet: OutboundPacket)

    /// Ends the transport once all written packets have left.
    /// - Parameter reason: why; a WebSocket's close code follows from it.
    func close(_ reason: TransportCloseReason)

    /// Stops or resumes reading from the peer, while its messages cannot be handled.
    func setReadingPaused(_ paused: Bool)

    /// An upgrade to another transport is under way: a request that waits for messages must end soon
    /// (Engine.IO protocol 4, upgrade).
    func releaseForUpgrade()

    /// The upgrade of ``releaseForUpgrade()`` has failed: requests may wait again.
    func upgradeAbandoned()

    /// Stops the transport because another one has taken its place, or because its client does not answer pings. The
    /// session goes on, so the transport does not tell the client that it is over.
    func retire()
}

extension Transport {
    package var sendsAtOnce: Bool { self.isWritable }
    package func tellWhenEmpty() {}
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
    /// The peer closed the session.
    case byPeer
    /// The peer was lost and has not come back.
    case lost
    /// The server is shutting down.
    case goingAway
    /// The peer reads too slowly. Packets that wait are dropped.
    case tooSlow

    /// Whether the peer must be told of the end, if need be with its next request. A peer that broke the transport's
    /// protocol, has closed, or does not answer pings is not told.
    package var isTold: Bool {
        switch self {
        case .done, .goingAway, .tooSlow: true
        case .protocolError, .byPeer, .lost: false
        }
    }

    /// Whether the peer still gets the messages that were sent before the end.
    package var deliversRest: Bool {
        switch self {
        case .done, .goingAway: true
        case .protocolError, .byPeer, .lost, .tooSlow: false
        }
    }
}
