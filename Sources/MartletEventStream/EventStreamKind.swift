// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire
package import MartletEngine
package import NIOCore

/// Server-Sent Events, for the HTTP side of the server.
package struct EventStreamKind: HTTPTransportKind {
    private let keepAlive: TimeAmount

    /// - Parameter keepAlive: how often a silent stream sends a comment, so that proxies keep it open.
    package init(keepAlive: TimeAmount) {
        self.keepAlive = keepAlive
    }

    package var name: TransportName { .sse }

    package func makeTransport(answering exchange: any HTTPExchange, on loop: LoopContext) -> any Transport {
        EventStreamTransport(stream: exchange, loop: loop, keepAlive: self.keepAlive)
    }

    /// Refuses an attach. A browser's EventSource hides the status and the body of a refusal from the page. But the
    /// page must learn that its session is unknown, or it keeps trying: so that refusal is a close packet in an event
    /// stream.
    package func refuseAttach(_ exchange: any HTTPExchange, _ error: EngineIOError) {
        guard error == .unknownSession else { return exchange.respond(.error(error)) }
        var event = ByteBuffer()
        EnginePacket.close(error.body).writeEventStream(into: &event, resumable: true)
        exchange.respond(EventStreamTransport.answer(event))
    }

    package func answerTrial(_ exchange: any HTTPExchange, _ isOver: (@escaping () -> Void) -> Void) {
        var event = ByteBuffer()
        EnginePacket.noop(ByteBuffer()).writeEventStream(into: &event, resumable: false)
        exchange.beginStream(EventStreamTransport.answer())
        exchange.writeStream(event)
        isOver { exchange.endStream() }
    }
}
