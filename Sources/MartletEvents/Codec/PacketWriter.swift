// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import SocketIOWire

/// Writes the events and acknowledgements of a codec, one after the other.
///
/// An object, of which each loop has one that is used again: as a value it took a copy in each of the functions that it
/// passes.
package protocol PacketWriter: AnyObject {
    /// Begins a packet. What was written before may be written over.
    /// - Parameters:
    ///   - type: `.event` or `.ack`.
    ///   - ackID: of an acknowledgement, what it answers.
    ///   - name: of an event, its name.
    func begin(_ type: SocketPacketType, of namespace: Namespace, ackID: Int?, _ name: String?)

    /// Begins an event that asks for an acknowledgement. Under which id, and in which namespace, is not known yet: see
    /// ``PacketCodec/write(_:of:id:into:)``.
    func beginQuestion(_ event: String)

    /// Appends an argument.
    func encode<Argument: Encodable>(_ argument: Argument)

    /// Appends arguments as they stand, whatever their format.
    func relay(_ arguments: RawArguments)

    /// Ends the packet.
    /// - Returns: the packet, in memory that the next one is written over, unless the writer is let go.
    /// - Throws: what the first argument threw that could not be encoded.
    func finish() throws -> EncodedPacket

    /// Lets go of all but memory for the next packet.
    func reset()
}
