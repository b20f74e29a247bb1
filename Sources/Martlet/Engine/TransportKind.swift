// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine
internal import NIOCore

/// A kind of transport: makes a transport from a request, and answers the transport's other requests. An endpoint has a
/// table of all kinds, and depends on none of them.
protocol TransportKind: Sendable {
    var name: TransportName { get }

    /// Whether the transport's requests ask for an upgrade of their connection.
    var needsUpgrade: Bool { get }

    /// Makes a transport from a request.
    /// - Parameter start: called on the event loop of `shard` with the transport, and with a closure that refuses an
    ///   attach of the transport. Not called when the request itself is refused, or its connection is lost before.
    func accept(
        _ exchange: ServerExchange,
        in shard: EngineShard,
        _ start: @escaping @Sendable (_ transport: any Transport, _ refuse: (EngineIOError) -> Void) -> Void
    )

    /// Refuses an attach before the transport is made, with an answer that a browser lets the page read.
    func refuseAttach(_ exchange: ServerExchange, _ error: EngineIOError, in shard: EngineShard)

    /// Shows that the transport works by sending a noop; the client then closes the connection. The server closes it
    /// when the client has not done so within the upgrade timeout.
    func answerTrial(_ exchange: ServerExchange, in shard: EngineShard)
}

/// A transport of ordinary HTTP requests. An exchange is answered from the calling event loop.
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
