// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire
package import MartletEngine

/// A connection that carries a session's packets: first it is a candidate that is tried, and then perhaps the one in use.
/// It tells its host what happens, and decides nothing. Confined to its event loop.
package protocol ClientTransport: AnyObject {
    var name: TransportName { get }
    /// How long it may take to open, as a multiple of ``ClientSessionConfiguration/transportTimeout``.
    var patience: Int { get }
    /// Whether messages to the server carry their numbers (`seq` of a POST). Then its acknowledgement in an open packet
    /// may be older than that in the answer to a POST.
    var isNumbered: Bool { get }
    /// Whether ``write(_:)`` would take a packet.
    var isWritable: Bool { get }
    /// Whether something is under way that its end must wait for before another transport may take over a plain session.
    var isBusy: Bool { get }

    /// Connects, and makes the request that ``ClientTransportHost/terms(for:isPost:)`` describes.
    func open()
    /// Takes a packet into what leaves with ``flush()``. The packet's memory may be used again after the call.
    /// - Returns: whether there was room for it. There is always room for the first one.
    func write(_ packet: EnginePacket) -> Bool
    func flush()
    /// Polling: asks for packets, unless it does so already.
    func poll()
    /// Stops taking what the server sends, or goes on. What has come by then may still be handed up. Polling has nothing
    /// to stop: its host asks for no packets.
    func setReadingPaused(_ isPaused: Bool)
    /// Asks the server for a sign of life, which counts as all that comes does.
    /// - Returns: whether that is possible. Engine.IO itself has nothing that a server must answer.
    func askForSign() -> Bool
    /// Nothing more is said to the host.
    func close()
}

extension ClientTransport {
    /// Where packets come by themselves, there is nothing to ask for.
    package func poll() {}
    package func setReadingPaused(_ isPaused: Bool) {}
    package func askForSign() -> Bool { false }
}

/// Whom a transport tells what happens.
package protocol ClientTransportHost: AnyObject {
    /// What the transport's next request says.
    func terms(for transport: any ClientTransport, isPost: Bool) -> RequestTerms
    /// Whether the session is lossless: then a request may be repeated, and a text may come in base64 (Protocol.md, end
    /// of section 4).
    var isLossless: Bool { get }
    /// How many bytes a POST may hold.
    var maxPostBytes: Int { get }
    /// A WebSocket is open. What other transports say is a packet.
    func opened(_ transport: any ClientTransport)
    /// - Parameter packet: its memory is used again after the call.
    func received(_ packet: EnginePacket, on transport: any ClientTransport)
    /// All that came in at once was handed up.
    func receivedAll(on transport: any ClientTransport)
    /// A POST was answered with 200, and this body.
    func posted(on transport: any ClientTransport, isOK: Bool)
    func becameWritable(_ transport: any ClientTransport)
    /// The transport failed, or was closed. It says nothing afterwards.
    func lost(_ transport: any ClientTransport, _ reason: String, _ error: ClientError)
}

/// What a request says in its query, besides the transport's name (Protocol.md, section 4).
package struct RequestTerms: Sendable, Hashable {
    package var sid: String?
    package var resume = false
    package var probe = false
    package var attach: Int?
    package var ack: Int?
    package var seq: Int?

    package init(sid: String? = nil) {
        self.sid = sid
    }
}
