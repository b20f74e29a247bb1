// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire
package import MartletEngine
internal import NIOCore

/// Long polling, for the HTTP side of the server.
package struct PollingKind: HTTPTransportKind {
    package init() {}

    package var name: TransportName { .polling }

    package func makeTransport(answering exchange: any HTTPExchange, on loop: LoopContext) -> any Transport {
        PollingTransport(first: exchange, loop: loop)
    }

    package func refuseAttach(_ exchange: any HTTPExchange, _ error: EngineIOError) {
        exchange.respond(.error(error))
    }

    package func answerTrial(_ exchange: any HTTPExchange, _ isOver: (@escaping () -> Void) -> Void) {
        var payload = ByteBuffer()
        EnginePacket.noop(ByteBuffer()).writePolling(into: &payload, resumable: false)
        exchange.respond(PollingTransport.answer(payload))
    }
}
