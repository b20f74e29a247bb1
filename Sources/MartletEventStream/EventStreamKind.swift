// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire
package import MartletEngine
package import NIOCore

/// Server-Sent Events, as they are known to whoever receives their requests.
package struct EventStreamKind: HTTPTransportKind {
    private let keepAlive: TimeAmount

    /// - Parameter keepAlive: how often a stream that is silent says a comment, so that proxies keep it open.
    package init(keepAlive: TimeAmount) {
        self.keepAlive = keepAlive
    }

    package var name: TransportName { .sse }

    package func makeTransport(answering exchange: any HTTPExchange, on loop: LoopContext) -> any Transport {
        EventStreamTransport(stream: exchange, loop: loop, keepAlive: self.keepAlive)
    }

    /// A browser's EventSource is shown neither the status nor the body of a refusal. That its session is unknown has to
    /// reach it, since nothing else ends it.
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
