// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import SocketIOWire

/// The form that packets have on the wire. A server has one, chosen where it is made, and nothing else in this module
/// knows which.
///
/// A codec is asked once for each packet and each argument, not for each byte; what it is asked for most is answered by
/// the objects that it makes. Another one is a target with these four: a codec, its ``PacketDecoder``, its
/// ``PacketWriter`` and its ``ArgumentFormat``. ``JSONPacketCodec`` is the one of Socket.IO's protocol.
package protocol PacketCodec: Sendable {
    /// What arguments are written in.
    var format: any ArgumentFormat.Type { get }
    /// Decodes arguments in that format.
    var coder: any ArgumentCoder { get }
    /// Whether a packet is a binary message. Else it is a text, which binary messages may follow.
    var isBinary: Bool { get }

    /// What puts the packets of one connection together.
    func makeDecoder() -> any PacketDecoder

    func makeWriter() -> any PacketWriter

    /// Writes a packet about a namespace itself.
    /// - Throws: when the data of a refusal cannot be encoded; then nothing was written.
    func write(_ packet: ControlPacket, of namespace: String, into buffer: inout ByteBuffer) throws

    /// Writes a question of which all but the id was encoded before; see ``PacketWriter/beginQuestion(_:)``. Its
    /// attachments follow it.
    func write(_ question: EncodedPacket, of namespace: String, id: Int, into buffer: inout ByteBuffer)
}

/// A packet from the server about a namespace.
package enum ControlPacket: Sendable {
    /// The client has joined, and is known by this id.
    case connected(id: String)
    case refused(message: String, data: (any Encodable & Sendable)?)
    /// The server ends it.
    case disconnected
}

/// Puts the packets of one connection together from its messages.
package protocol PacketDecoder {
    /// Takes a text message.
    /// - Parameters:
    ///   - text: may be a slice of memory that is used again after the call; what is returned may be one as well.
    ///   - packet: a new or cleared one, to be filled.
    /// - Returns: whether the packet is complete.
    /// - Throws: what has to close the connection.
    mutating func text(_ text: consuming ByteBuffer, into packet: SocketPacket) throws(SocketIOError) -> Bool

    /// Takes a binary message, as ``text(_:into:)`` takes a text.
    /// - Returns: the packet that is complete now, be it the one to be filled or one that has waited for the message.
    mutating func binary(_ bytes: ByteBuffer, into packet: SocketPacket) throws(SocketIOError) -> SocketPacket?
}
