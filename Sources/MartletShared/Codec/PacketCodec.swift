// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import SocketIOWire

/// The form of packets on the wire. The codec of a server is chosen where the server is made; all other code in this
/// module works with any codec.
///
/// A codec is called once for each packet and each argument, not for each byte, and most calls go to the objects that
/// it makes. A target for another codec needs four types: a codec, its ``PacketDecoder``, its ``PacketWriter`` and its
/// ``ArgumentFormat``. ``JSONPacketCodec`` is the codec of Socket.IO's protocol.
package protocol PacketCodec: Sendable {
    /// The format of arguments.
    var format: any ArgumentFormat.Type { get }
    /// Decodes arguments in that format.
    var coder: any ArgumentCoder { get }
    /// Whether packets are binary messages. Otherwise a packet is a text message, which binary messages may follow.
    var isBinary: Bool { get }

    /// Makes the decoder of one connection.
    func makeDecoder() -> any PacketDecoder

    func makeWriter() -> any PacketWriter

    /// Writes a packet about a namespace.
    /// - Throws: when the data of a refusal cannot be encoded; then nothing was written.
    func write(_ packet: ControlPacket, of namespace: String, into buffer: inout ByteBuffer) throws

    /// The message, without attachments, from which a received event was read.
    func message(of event: SocketPacket) -> ByteBuffer

    /// Appends one more argument, a string of plain ASCII characters, to an event.
    /// - Returns: nil if the packet is no event of this codec in this namespace.
    func appending(_ argument: String, to event: EncodedPacket, of namespace: String) -> EncodedPacket?

    /// Writes a question whose part after the head was encoded before; see ``PacketWriter/beginQuestion(_:)``. The
    /// caller sends the attachments after it.
    func write(_ question: EncodedPacket, of namespace: String, id: Int, into buffer: inout ByteBuffer)
}

/// A packet from the server about a namespace.
package enum ControlPacket: Sendable {
    /// The client has joined, and is known by this id.
    /// - Parameter pid: the secret name with which it may come back; see ``ConnectionStateRecovery``.
    case connected(id: String, pid: String?)
    case refused(message: String, data: (any Encodable & Sendable)?)
    /// The server makes the client leave the namespace.
    case disconnected
}

/// Puts the packets of one connection together from its messages.
package protocol PacketDecoder {
    /// The packet whose attachments are outstanding, as far as it has come; `nil` by default.
    var partial: SocketPacket? { get }

    /// Takes a text message.
    /// - Parameters:
    ///   - text: may be a slice of memory that is reused after the call; the packet may then contain slices of that
    ///     memory.
    ///   - packet: a new or cleared packet, which this fills.
    /// - Returns: whether the packet is complete.
    /// - Throws: an error that must close the connection.
    mutating func text(_ text: consuming ByteBuffer, into packet: SocketPacket) throws(SocketIOError) -> Bool

    /// Takes a binary message, as ``text(_:into:)`` takes a text.
    /// - Returns: the packet that is complete now: `packet`, or one that has waited for the message; `nil` if there is
    ///   none.
    mutating func binary(_ bytes: ByteBuffer, into packet: SocketPacket) throws(SocketIOError) -> SocketPacket?
}

extension PacketDecoder {
    package var partial: SocketPacket? { nil }
}
