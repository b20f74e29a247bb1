// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import SocketIOWire

/// What stands in a packet around its payload.
struct PacketHead {
    /// `.event` or `.ack`; with attachments it becomes the binary type.
    var type: SocketPacketType
    var namespace: String
    var ackID: Int?

    /// Whether nothing but the type is written: that of most events.
    var isTypeAlone: Bool { self.ackID == nil && self.namespace == "/" }
}

/// An outgoing event or acknowledgement, as far as it is written, and its attachments.
///
/// ```swift
/// var writer = PacketWriter(head, event, into: buffer, core: core)
/// repeat writer.append(each arguments)
/// let packet = try writer.finish()
/// ```
///
/// A pack of arguments that is passed from function to function is copied by each of them; so the functions that take
/// one are inlined into the application, down to ``append(_:)``.
@usableFromInline
struct PacketWriter: ~Copyable {
    /// The packet whole, as long as it has no attachments: what is appended goes before the bracket at the end.
    private var buffer: ByteBuffer
    private var attachments: [ByteBuffer] = []
    /// Unmanaged: whoever writes a packet does so for a socket or a namespace, which keeps the core meanwhile.
    private let core: Unmanaged<ServerCore>
    /// Whether the packet is written, and sent, on the loop of the socket.
    let isOnLoop: Bool
    /// Where the JSON array begins.
    private let start: Int
    private var isFirst: Bool
    /// Whether text was relayed unchanged, which it must not be when the packet has attachments after all.
    private var hasRelayedAsIs = false
    /// What the first argument that could not be encoded threw.
    private var error: (any Error)?

    /// - Parameters:
    ///   - head: `nil`: only what follows it is written.
    ///   - name: the first element of the array, if any.
    ///   - buffer: empty, and written to. Let go of it, or writing copies it.
    init(
        _ head: PacketHead?,
        _ name: String?,
        into buffer: consuming ByteBuffer,
        core: ServerCore,
        isOnLoop: Bool = false
    ) {
        self.buffer = consume buffer
        self.core = .passUnretained(core)
        self.isOnLoop = isOnLoop
        self.isFirst = name == nil
        if let head, head.isTypeAlone {
            self.start = 1
            SocketPacketWriter.writeArray(name, after: head.type.digit, into: &self.buffer)
        } else {
            if let head {
                SocketPacketWriter.writeHead(
                    type: head.type,
                    namespace: head.namespace,
                    ackID: head.ackID,
                    into: &self.buffer
                )
            }
            self.start = self.buffer.writerIndex
            SocketPacketWriter.writeArray(name, into: &self.buffer)
        }
    }

    /// Appends one argument.
    @inlinable
    mutating func append<Argument: Encodable>(_ argument: Argument) {
        // The types are the same, so the bits are too; a cast would look that up in the runtime's tables.
        if Argument.self == SocketArgument.self {
            self.relay(unsafeBitCast(argument, to: SocketArgument.self))
        } else if Argument.self == SocketArguments.self {
            self.relay(unsafeBitCast(argument, to: SocketArguments.self))
        } else {
            self.encode(argument)
        }
    }

    /// Ends the packet. One with attachments, whose number stands before the payload, is put together now that the
    /// number is known.
    /// - Throws: what the first argument threw that could not be encoded.
    consuming func finish() throws -> EncodedPacket {
        if let error = self.error { throw error }
        guard !self.attachments.isEmpty, self.start > 0 else {
            return EncodedPacket(text: self.buffer, attachments: self.attachments)
        }
        var packet = ByteBuffer()
        SocketPacketWriter.addAttachments(self.attachments.count, to: self.buffer, into: &packet)
        return EncodedPacket(text: packet, attachments: self.attachments)
    }

    @usableFromInline
    mutating func encode<Argument: Encodable>(_ argument: Argument) {
        guard self.error == nil else { return }
        let end = self.buffer.writerIndex - 1
        self.buffer.moveWriterIndex(to: end)
        if !self.isFirst { self.buffer.writeByte(UInt8(ascii: ",")) }
        self.isFirst = false
        let isPlain = self.attachments.isEmpty
        do {
            let coder = self.core._withUnsafeGuaranteedRef { $0.coder }
            try coder.encode(argument, into: &self.buffer, attachments: &self.attachments)
        } catch {
            self.error = error
        }
        self.buffer.writeByte(UInt8(ascii: "]"))
        if isPlain, !self.attachments.isEmpty { self.rewriteRelayed(until: end) }
    }

    @usableFromInline
    mutating func relay(_ argument: SocketArgument) {
        self.relay(argument.bytes, argument.attachments)
    }

    @usableFromInline
    mutating func relay(_ arguments: SocketArguments) {
        if !arguments.isEmpty { self.relay(arguments.joined, arguments.attachments) }
    }

    /// Copies what came in another packet. Its attachments get new numbers, those of other arguments it came with are
    /// sent as well: which are its own would have to be searched for.
    private mutating func relay(_ json: [UInt8], _ attachments: [ByteBuffer]) {
        if attachments.isEmpty, self.attachments.isEmpty {
            json.withUnsafeBytes {
                SocketPacketWriter.appendElement($0, isFirst: self.isFirst, into: &self.buffer)
            }
            self.hasRelayedAsIs = true
        } else {
            if self.attachments.isEmpty { self.rewriteRelayed(until: self.buffer.writerIndex - 1) }
            var renumbered = ByteBuffer()
            SocketPacketWriter.rewritePlaceholders(
                ByteBuffer(bytes: json),
                attachmentCount: attachments.count,
                offset: self.attachments.count,
                into: &renumbered
            )
            SocketPacketWriter.appendElement(renumbered, isFirst: self.isFirst, into: &self.buffer)
            self.attachments += attachments
        }
        self.isFirst = false
    }

    /// The packet has attachments after all: what was relayed before without any must not seem to refer to them.
    private mutating func rewriteRelayed(until end: Int) {
        guard self.hasRelayedAsIs,
            let relayed = self.buffer.getSlice(at: self.start, length: end - self.start),
            let rest = self.buffer.getSlice(at: end, length: self.buffer.writerIndex - end)
        else { return }
        self.buffer.moveWriterIndex(to: self.start)
        SocketPacketWriter.rewritePlaceholders(relayed, attachmentCount: 0, offset: 0, into: &self.buffer)
        self.buffer.writeImmutableBuffer(rest)
    }
}
