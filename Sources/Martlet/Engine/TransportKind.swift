// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine
internal import NIOCore

/// A transport as an endpoint knows it, one value for each: how it is made of a request, and what else its requests are
/// answered. An endpoint has a table of them, and knows no transport by name.
protocol TransportKind: Sendable {
    var name: TransportName { get }

    /// Whether its requests ask for an upgrade of their connection.
    var needsUpgrade: Bool { get }

    /// Makes a transport of a request.
    /// - Parameter start: called on the event loop of `shard` with the transport, and with the way to refuse an attach by
    ///   it. Not called when the request itself is refused, or its connection is lost before.
    func accept(
        _ exchange: ServerExchange,
        in shard: EngineShard,
        _ start: @escaping @Sendable (_ transport: any Transport, _ refuse: (EngineIOError) -> Void) -> Void
    )

    /// Refuses an attach before there is a transport, in a form in which a browser shows it to its page.
    func refuseAttach(_ exchange: ServerExchange, _ error: EngineIOError, in shard: EngineShard)

    /// Shows that the transport gets through, by a noop, and lets the client close; it is closed for it after the time
    /// that an upgrade may take.
    func answerTrial(_ exchange: ServerExchange, in shard: EngineShard)
}

/// A transport of ordinary HTTP requests. `exchange` is answered from the event loop that asks.
struct HTTPKind: TransportKind {
    let name: TransportName
    let needsUpgrade = false
    private let kind: any HTTPTransportKind

    init(_ kind: any HTTPTransportKind) {
        self.name = kind.name
        self.kind = kind
    }

    func accept(
        _ exchange: ServerExchange,
        in shard: EngineShard,
        _ start: @escaping @Sendable (_ transport: any Transport, _ refuse: (EngineIOError) -> Void) -> Void
    ) {
        start(self.kind.makeTransport(answering: exchange, on: shard.loop)) { self.kind.refuseAttach(exchange, $0) }
    }

    func refuseAttach(_ exchange: ServerExchange, _ error: EngineIOError, in shard: EngineShard) {
        self.kind.refuseAttach(exchange, error)
    }

    func answerTrial(_ exchange: ServerExchange, in shard: EngineShard) {
        self.kind.answerTrial(exchange) { end in
            shard.timers.schedule(after: TimeAmount(shard.configuration.upgradeTimeout)) { end() }
        }
    }
}
