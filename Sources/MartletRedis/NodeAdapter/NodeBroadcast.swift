// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEvents
internal import MartletMessagePack
package import NIOCore

/// What Node's adapter, and its emitter, publish for the sockets of a namespace: MessagePack,
/// `[uid, {type: 2, data: [event, ...arguments], nsp}, {rooms, except, flags}]`.
package struct NodeBroadcast {
    /// Who sent it.
    let uid: String
    let event: PeerEvent
    let namespace: String
    let target: BroadcastTarget

    init(uid: String, _ event: PeerEvent, in namespace: String, to target: BroadcastTarget) {
        self.uid = uid
        self.event = event
        self.namespace = namespace
        self.target = target
    }

    /// - Throws: for bytes that are no such message, whatever they are.
    package init(reading message: ByteBuffer) throws {
        guard let elements = try ArgumentValue(messagePack: message).elements, elements.count >= 3,
            let uid = elements[0].text
        else { throw ForeignMessageError("a message is no broadcast of Node's adapter") }
        let (event, namespace) = try NodePacket.read(elements[1])
        self.init(uid: uid, event, in: namespace, to: try BroadcastTarget(nodeOptions: elements[2]))
    }

    package func written() throws -> ByteBuffer {
        var message = ByteBuffer()
        try ArgumentValue.array([
            .string(self.uid), NodePacket.write(self.event, of: self.namespace), self.target.nodeOptions(),
        ]).writeMessagePack(into: &message)
        return message
    }
}

/// The names by which Node's adapter knows servers.
enum NodeUID {
    private static let mark = "martlet-"

    /// A node's uid. Node compares it with its own, and uses it in the name of a channel.
    static func of(_ node: PeerNode) -> String { self.mark + node.id }

    /// Whether it is the uid of a node of a cluster such as this one, which tells its cluster what it does by itself.
    static func isNode(_ uid: String) -> Bool { uid.hasPrefix(self.mark) }

    /// Whether a node has sent this broadcast: found out without reading it.
    static func isNode(sender message: ByteBuffer) -> Bool {
        // The head of an array of 3; the head of a string, of 1 byte or of 2; the string.
        [2, 3].contains {
            message.getSlice(at: message.readerIndex + $0, length: self.mark.utf8.count)?
                .readableBytesView.elementsEqual(self.mark.utf8) ?? false
        }
    }
}
