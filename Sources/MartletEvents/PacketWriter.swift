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
}

/// An outgoing event or acknowledgement, as far as it is written, and its attachments.
///
/// ```swift
/// var writer = PacketWriter(head, into: buffer, coder: coder)
/// try writer.write(name, arguments…)
/// writer.finish()
/// ```
///
/// Whoever is handed a pack of arguments by a generic function has a copy of each, so the fewer functions it passes, the
/// better: hence no closures here.
struct PacketWriter {
    private(set) var buffer: ByteBuffer
    private(set) var attachments: [ByteBuffer] = []
    private let head: PacketHead?
    /// Where the JSON array begins.
    private let start: Int
    private let coder: any ArgumentCoder
    private var isFirst = true
    /// Whether text was relayed unchanged, which it must not be when the packet has attachments after all.
    private var hasRelayedAsIs = false
    private var mustRewrite = false

    /// - Parameters:
    ///   - head: `nil`: only what follows it is written.
    ///   - buffer: appended to. Let go of it, or writing copies it.
    init(_ head: PacketHead?, into buffer: consuming ByteBuffer, coder: any ArgumentCoder) {
        self.buffer = consume buffer
        self.coder = coder
        self.head = head
        if let head {
            SocketPacketWriter.writeHead(
                type: head.type,
                namespace: head.namespace,
                ackID: head.ackID,
                into: &self.buffer
            )
        }
        self.start = self.buffer.writerIndex
    }

    /// Writes `["name",…]`, or `[…]` without a name.
    mutating func write<each Argument: Encodable>(_ name: String?, _ arguments: repeat each Argument) throws {
        while true {
            self.begin(name)
            repeat try self.append(each arguments)
            self.buffer.writeByte(UInt8(ascii: "]"))
            guard self.hasRelayedAsIs, !self.attachments.isEmpty, !self.mustRewrite else { return }
            self.buffer.moveWriterIndex(to: self.start)
            self.attachments = []
            self.mustRewrite = true
        }
    }

    private mutating func begin(_ name: String?) {
        if let name {
            SocketPacketWriter.writeArrayStart(name, into: &self.buffer)
            self.isFirst = false
        } else {
            self.buffer.writeByte(UInt8(ascii: "["))
            self.isFirst = true
        }
    }

    /// A packet without attachments has been written in one go; one with attachments, whose number stands before the
    /// payload, is put together now that the number is known.
    mutating func finish() {
        guard let head = self.head, !self.attachments.isEmpty else { return }
        let json = self.buffer.getSlice(at: self.start, length: self.buffer.writerIndex - self.start)
        var packet = ByteBuffer()
        SocketPacketWriter.writeHead(
            type: head.type == .ack ? .binaryAck : .binaryEvent,
            attachments: self.attachments.count,
            namespace: head.namespace,
            ackID: head.ackID,
            into: &packet
        )
        packet.writeImmutableBuffer(json ?? ByteBuffer())
        self.buffer.clear()
        self.buffer.writeImmutableBuffer(packet)
    }

    private mutating func append<Argument: Encodable>(_ argument: Argument) throws {
        // The types are the same, so the bits are too; a cast would look that up in the runtime's tables.
        if Argument.self == SocketArgument.self {
            let argument = unsafeBitCast(argument, to: SocketArgument.self)
            self.writeComma()
            self.relay(argument.json, argument.attachments)
        } else if Argument.self == SocketArguments.self {
            let arguments = unsafeBitCast(argument, to: SocketArguments.self)
            guard !arguments.isEmpty else { return }
            self.writeComma()
            self.relay(arguments.joined, arguments.attachments)
        } else {
            self.writeComma()
            try self.coder.encode(argument, into: &self.buffer, attachments: &self.attachments)
        }
    }

    private mutating func writeComma() {
        if !self.isFirst { self.buffer.writeByte(UInt8(ascii: ",")) }
        self.isFirst = false
    }

    /// Copies what came in another packet. Its attachments get new numbers, those of other arguments it came with are
    /// sent as well: which are its own would have to be searched for.
    private mutating func relay(_ json: ByteBuffer, _ attachments: [ByteBuffer]) {
        if attachments.isEmpty, self.attachments.isEmpty, !self.mustRewrite {
            self.buffer.writeImmutableBuffer(json)
            self.hasRelayedAsIs = true
        } else {
            SocketPacketWriter.rewritePlaceholders(
                json,
                attachmentCount: attachments.count,
                offset: self.attachments.count,
                into: &self.buffer
            )
            self.attachments += attachments
        }
    }
}
