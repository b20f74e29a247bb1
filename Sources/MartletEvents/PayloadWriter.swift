// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import SocketIOWire

/// The JSON array of an outgoing event or acknowledgement, as far as it is written, and its attachments.
struct PayloadWriter {
    var buffer: ByteBuffer
    private(set) var attachments: [ByteBuffer] = []
    private let coder: any ArgumentCoder
    private var isFirst = true
    /// Whether text was relayed unchanged, which it must not be when the packet has attachments after all.
    private var hasRelayedAsIs = false
    private var mustRewrite = false

    init(into buffer: ByteBuffer, coder: any ArgumentCoder) {
        self.buffer = buffer
        self.coder = coder
    }

    /// Writes `["name",…]`, or `[…]` without a name.
    mutating func write<each Argument: Encodable>(_ name: String?, _ arguments: repeat each Argument) throws {
        let start = self.buffer.writerIndex
        try self.writeOnce(name, repeat each arguments)
        if self.hasRelayedAsIs, !self.attachments.isEmpty {
            self.buffer.moveWriterIndex(to: start)
            self.attachments = []
            self.mustRewrite = true
            try self.writeOnce(name, repeat each arguments)
        }
    }

    private mutating func writeOnce<each Argument: Encodable>(
        _ name: String?,
        _ arguments: repeat each Argument
    ) throws {
        self.isFirst = true
        self.buffer.writeInteger(UInt8(ascii: "["))
        if let name {
            SocketPacketWriter.writeJSONString(name, into: &self.buffer)
            self.isFirst = false
        }
        repeat try self.append(each arguments)
        self.buffer.writeInteger(UInt8(ascii: "]"))
    }

    private mutating func append<Argument: Encodable>(_ argument: Argument) throws {
        if Argument.self == SocketArgument.self, let argument = argument as? SocketArgument {
            self.writeComma()
            self.relay(argument.json, argument.attachments)
        } else if Argument.self == SocketArguments.self, let arguments = argument as? SocketArguments {
            guard !arguments.isEmpty else { return }
            self.writeComma()
            self.relay(arguments.joined, arguments.attachments)
        } else {
            self.writeComma()
            try self.coder.encode(argument, into: &self.buffer, attachments: &self.attachments)
        }
    }

    private mutating func writeComma() {
        if !self.isFirst { self.buffer.writeInteger(UInt8(ascii: ",")) }
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
