// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
package import MartletEngine
package import MartletEvents
internal import MartletTesting
package import NIOCore
package import NIOEmbedded

/// A client in memory of a server whose codec sends binary messages.
package final class BinaryClient {
    package let eventLoop: EmbeddedEventLoop
    private let transport: TestTransport
    private let inbox: Inbox

    private final class Inbox {
        var messages: [ByteBuffer] = []
        var texts = 0
    }

    package init(_ server: SocketIOServer, on eventLoop: EmbeddedEventLoop) {
        self.eventLoop = eventLoop
        let inbox = Inbox()
        self.inbox = inbox
        self.transport = TestTransport { packet in
            switch packet.retained() {
            case .binary(let bytes): inbox.messages.append(bytes)
            case .shared(let message) where message.isBinary: inbox.messages.append(message.payload)
            case .text, .shared: inbox.texts += 1
            case .control: break
            }
        }
        self.transport.open(on: server.engine.shard(on: eventLoop), request: .test)
    }

    /// Why the server closed the connection.
    package var closeReason: TransportCloseReason? { self.transport.closeReason }
    /// How many texts the server sent, of which there should be none.
    package var texts: Int { self.inbox.texts }

    package func send(binary: ByteBuffer) { self.deliver(.binary(binary)) }
    package func send(text: String) { self.deliver(.text(ByteBuffer(string: text))) }

    private func deliver(_ packet: EnginePacket) {
        self.transport.session?.received(packet, from: self.transport)
        self.eventLoop.run()
    }

    /// Ends the connection as a network does that fails.
    package func lose() {
        self.transport.drop()
        self.eventLoop.run()
    }

    /// The messages that the server has sent since this was asked last.
    package func takeReceived() -> [ByteBuffer] {
        self.eventLoop.run()
        defer { self.inbox.messages = [] }
        return self.inbox.messages
    }
}
