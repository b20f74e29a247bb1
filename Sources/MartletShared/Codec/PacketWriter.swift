// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import SocketIOWire

/// Writes the events and acknowledgements of a codec, one after the other.
///
/// A class, so that each event loop can reuse one writer: a struct would be copied by each function that it passes
/// through.
package protocol PacketWriter: AnyObject {
    /// Begins a packet. The memory of the packet before may be overwritten.
    /// - Parameters:
    ///   - type: `.event` or `.ack`.
    ///   - namespace: begins with `/`; nothing else is the root.
    ///   - ackID: in an acknowledgement, the id that it answers.
    ///   - name: the name of an event.
    func begin(_ type: SocketPacketType, of namespace: String, ackID: Int?, _ name: String?)

    /// Begins an event that asks for an acknowledgement. Its id and namespace are written later: see
    /// ``PacketCodec/write(_:of:id:into:)``.
    func beginQuestion(_ event: String)

    /// Appends an argument.
    func encode<Argument: Encodable>(_ argument: Argument)

    /// Appends undecoded arguments, whatever their format.
    func relay(_ arguments: RawArguments)

    /// Ends the packet.
    /// - Returns: the packet. The next packet overwrites its memory, unless the writer is not used again.
    /// - Throws: the error of the first argument that could not be encoded.
    func finish() throws -> EncodedPacket

    /// Releases everything but memory for the next packet.
    func reset()
}
