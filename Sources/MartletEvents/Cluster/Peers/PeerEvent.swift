// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import SocketIOWire

/// An event as values, to be written in the format of another kind of server; or read from it.
package struct PeerEvent: Hashable, Sendable {
    package let name: String
    package let arguments: [ArgumentValue]

    package init(name: String, arguments: [ArgumentValue]) {
        self.name = name
        self.arguments = arguments
    }

    /// What a packet says, without the offset by which clients of this server would ask for what follows.
    /// - Returns: nil for a packet that is no event.
    init?(_ packet: EncodedPacket, by codec: any PacketCodec) {
        guard let decoded = packet.decoded(by: codec), decoded.hasName,
            var arguments = try? SocketArguments(decoded, format: codec.format).raw.values()
        else { return nil }
        if packet.offset != nil { arguments = arguments.dropLast() }
        self.init(name: decoded.name.string, arguments: arguments)
    }

    /// What a question says, which is a packet without its head.
    init?(question: EncodedPacket, by codec: any PacketCodec) {
        var message = ByteBuffer()
        codec.write(question, of: "/", id: 0, into: &message)
        let packet = EncodedPacket(
            message: message, isBinary: codec.isBinary, attachments: question.attachments)
        self.init(packet, by: codec)
    }

    init(_ event: ServerSideEvent) {
        // What the event's arguments cannot be read as was not written by this module.
        self.init(
            name: event.name, arguments: (try? event.arguments.socketArguments.raw.values()) ?? [])
    }

    var serverSide: ServerSideEvent {
        get throws { ServerSideEvent(self.name, try JSONArguments(SocketArguments(self.arguments))) }
    }
}

extension SocketArguments {
    /// - Throws: when a number is not finite.
    package init(_ values: [ArgumentValue]) throws {
        var json = ByteBuffer()
        var attachments: [ByteBuffer] = []
        for value in values {
            if json.readableBytes > 0 { json.writeInteger(UInt8(ascii: ",")) }
            try ArgumentEncoder.encode(value, into: &json, attachments: &attachments)
        }
        self.init(RawArguments(Array(json.readableBytesView), attachments: attachments))
    }

    package var values: [ArgumentValue] { (try? self.raw.values()) ?? [] }
}

extension SocketArgument {
    /// - Throws: when a number is not finite.
    package init(_ value: ArgumentValue) throws { self.init(try SocketArguments([value]).raw) }

    package var value: ArgumentValue { (try? self.raw.values())?.first ?? .null }
}
