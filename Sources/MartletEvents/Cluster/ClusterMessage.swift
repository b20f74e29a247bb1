// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// What a node publishes on the membership channel.
enum ClusterMembership: Codable, Sendable {
    /// The node lives, and takes part in these namespaces. The first one is how a node introduces itself: who did not
    /// know it answers with its own.
    /// - Parameter location: where other nodes reach it; `nil` when it takes no forwarded requests.
    case heartbeat(namespaces: Set<String>, location: NodeLocation? = nil)
    /// The node takes part in one more namespace.
    case joined(namespace: String)
    case left(namespace: String)
    case bye
}

/// What a node publishes on the channel of a namespace, for the nodes that take part in it.
enum ClusterOperation: Codable, Sendable {
    case broadcast(EncodedPacket, BroadcastTarget)
    case perform(SocketOperation, BroadcastTarget)
    /// Asks each socket of the target for an acknowledgement.
    case ask(EncodedPacket, BroadcastTarget, milliseconds: Int, question: Int)
    case count(BroadcastTarget, question: Int)
    case describe(BroadcastTarget, question: Int)
    /// - Parameter question: nil when no answer is wanted.
    case serverSide(ServerSideEvent, question: Int?)
    /// To a node that hands sessions over: from here on this node keeps for them what comes on the channel.
    case fence(handover: String, node: String)
}

/// What a node publishes on the channel of the node that has asked.
struct ClusterAnswer: Codable, Sendable {
    enum Body: Codable, Sendable {
        /// 32 bits, so that no sum of counts overflows, whatever came.
        case count(UInt32)
        case sockets([SocketDescription])
        case serverSide(ServerSideAnswer)
        /// These sockets are being asked; sent by each event loop before the first answer of these sockets.
        case asking(sockets: [String])
        /// All sockets have been asked.
        case asked
        /// One socket has answered.
        case answered(socket: String, ServerSideAnswer)
    }

    let question: Int
    let body: Body
}

/// How a message begins.
enum ClusterMessageForm {
    static let letter = UInt8(ascii: "M")
    static let version: UInt8 = 1
}

/// A message on the bus. Its bytes: the letter M, the version, the length of the head in four bytes, the head, and the
/// binary parts, each after its length in four bytes. The head is JSON, where placeholders stand for the parts.
struct ClusterMessage<Body: Codable & Sendable>: Codable, Sendable {
    /// The id of the node that sent it.
    let from: String
    /// Of an operation: they rise from operation to operation of a node.
    let number: Int?
    let body: Body

    init(from: String, number: Int? = nil, _ body: Body) {
        self.from = from
        self.number = number
        self.body = body
    }

    init(reading message: ByteBuffer) throws {
        var message = message
        guard message.readInteger(as: UInt8.self) == ClusterMessageForm.letter else {
            throw ClusterMessageError.unknown
        }
        guard let version = message.readInteger(as: UInt8.self) else { throw ClusterMessageError.truncated }
        guard version == ClusterMessageForm.version else { throw ClusterMessageError.otherVersion(version) }
        guard let head = message.readLengthPrefixedSlice(as: UInt32.self) else { throw ClusterMessageError.truncated }
        var parts: [ByteBuffer] = []
        while message.readableBytes > 0 {
            guard let part = message.readLengthPrefixedSlice(as: UInt32.self) else {
                throw ClusterMessageError.truncated
            }
            parts.append(part)
        }
        self = try ArgumentDecoder.decode(Self.self, from: head, attachments: parts)
    }

    func written() throws -> ByteBuffer {
        var head = ByteBuffer()
        var parts: [ByteBuffer] = []
        try ArgumentEncoder.encode(self, into: &head, attachments: &parts)
        var message = ByteBuffer()
        message.reserveCapacity(parts.reduce(head.readableBytes + 6) { $0 + $1.readableBytes + 4 })
        message.writeInteger(ClusterMessageForm.letter)
        message.writeInteger(ClusterMessageForm.version)
        for part in [head] + parts {
            guard let length = UInt32(exactly: part.readableBytes) else { throw ClusterMessageError.tooLong }
            message.writeInteger(length)
            message.writeImmutableBuffer(part)
        }
        return message
    }
}

/// Why a message cannot be read or written.
enum ClusterMessageError: Error {
    case unknown
    case truncated
    case tooLong
    case otherVersion(UInt8)
    /// A broadcast that is no packet of this server's codec and of the channel's namespace.
    case invalidPacket
}
