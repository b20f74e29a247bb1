// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletShared
internal import NIOCore
internal import SocketIOWire

/// Writes packets as maps of which the data, an array, is the last member.
final class MessagePackPacketWriter: PacketWriter {
    // Unchecked: see LoopContext. Only a value's own `encode(to:)` can run other code meanwhile, and that code finds
    // the loop's writer taken.
    @exclusivity(unchecked) private var state = State()

    private struct State {
        /// The packet, in memory that is reused once the packet is sent.
        var message = ByteBuffer()
        /// Where the head of the array is. One byte, enough for 15 elements, keeps its place until the end.
        var head = 0
        /// How many elements the array has so far.
        var count = 0
        /// The error of the first argument that could not be encoded.
        var error: (any Error)?
    }

    func begin(_ type: SocketPacketType, of namespace: String, ackID: Int?, _ name: String?) {
        self.state.message.rewind()
        MessagePackPacketHead.write(type, of: namespace, ackID: ackID, into: &self.state.message)
        self.beginArray(name)
    }

    func beginQuestion(_ event: String) {
        // What stands before the array is not known yet.
        self.state.message.rewind()
        self.beginArray(event)
    }

    private func beginArray(_ name: String?) {
        self.state.head = self.state.message.writerIndex
        self.state.count = 0
        self.state.message.writeMessagePack { MessagePackOutput.writeHead(ofArray: 0, to: $0) }
        guard let name else { return }
        self.state.message.writeMessagePack(string: name)
        self.state.count = 1
    }

    private static let maxIdleCapacity = 1 << 20

    func reset() {
        // Only memory for packets of the usual size is kept.
        if self.state.message.capacity > Self.maxIdleCapacity { self.state.message = ByteBuffer() }
        self.state.error = nil
    }

    func finish() throws -> EncodedPacket {
        if let error = self.state.error { throw error }
        var head = ByteBuffer()
        if self.state.count <= 15 {
            self.state.message.setInteger(0x90 | UInt8(self.state.count), at: self.state.head)
        } else {
            head.writeMessagePack { MessagePackOutput.writeHead(ofArray: self.state.count, to: $0) }
            self.insert(head)
        }
        return EncodedPacket(message: self.state.message, isBinary: true)
    }

    /// Puts a longer head at the place of the one byte.
    private func insert(_ head: ByteBuffer) {
        let elements = self.state.message.getSlice(
            at: self.state.head + 1, length: self.state.message.writerIndex - self.state.head - 1)
        self.state.message.moveWriterIndex(to: self.state.head)
        self.state.message.writeImmutableBuffer(head)
        if let elements { self.state.message.writeImmutableBuffer(elements) }
    }

    func encode<Argument: Encodable>(_ argument: Argument) {
        guard self.state.error == nil else { return }
        self.state.count += 1
        do {
            try MessagePackEncoding.encode(argument, into: &self.state.message)
        } catch {
            self.state.error = error
        }
    }

    func relay(_ arguments: RawArguments) {
        if arguments.isWritten(in: MessagePackFormat.self) {
            self.state.count += MessagePackFormat.count(arguments.bytes)
            self.state.message.writeBytes(arguments.bytes)
            return
        }
        do {
            for value in try arguments.values() { self.encode(value) }
        } catch {
            if self.state.error == nil { self.state.error = error }
        }
    }
}
