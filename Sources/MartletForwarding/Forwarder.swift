// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Atomics
internal import HTTPTypes
internal import Logging
package import MartletEngine
package import MartletEvents
package import NIOCore

/// Sends requests for sessions of other nodes on to them.
package final class Forwarder: SessionForwarder {
    package let directory: SessionDirectory
    let configuration: ForwardingConfiguration
    let trust: NodeTrust
    let log = ThrottledLogger(Logger(label: "martlet.forwarding"))
    /// How long a node may be silent while an answer is awaited or streamed: longer than a session is.
    let answerTime: TimeAmount
    private let pools: PerLoop<OwnerPool>
    private let connections = ManagedAtomic(0)
    private let refusals = ManagedAtomic(0)

    init(
        _ directory: SessionDirectory,
        trust: NodeTrust,
        configuration: ForwardingConfiguration,
        engine: EngineIOConfiguration
    ) {
        self.directory = directory
        self.trust = trust
        self.configuration = configuration
        self.answerTime = TimeAmount(engine.pingInterval + engine.pingTimeout) + .seconds(5)
        self.pools = PerLoop { eventLoop, _ in OwnerPool(eventLoop) }
    }

    /// How many connections to other nodes there are.
    package var connectionCount: Int { self.connections.load(ordering: .relaxed) }
    /// How many requests have been refused that said to be forwarded, and were not.
    package var refusalCount: Int { self.refusals.load(ordering: .relaxed) }

    package func newNode(of id: SessionID) -> String? { self.directory.newNode(of: id) }

    package func origin(of exchange: any ForwardableExchange, _ field: String) -> ForwardedOrigin? {
        do throws(NodeTrust.Refusal) {
            let field = try self.trust.check(field, method: exchange.method.rawValue, target: exchange.target)
            return ForwardedOrigin(address: field.address, isSecure: field.isSecure)
        } catch {
            self.refusals.wrappingIncrement(ordering: .relaxed)
            self.log.log(level: .warning) {
                let peer = exchange.channel.remoteAddress.map { "\($0)" } ?? "somebody"
                return "a request from \(peer) says that another server has forwarded it, but \(error.rawValue)"
            }
            return nil
        }
    }

    package func forward(
        _ exchange: any ForwardableExchange,
        for id: SessionID,
        body: ByteBuffer,
        isRepeatable: Bool,
        unknown: @escaping @Sendable () -> Void
    ) {
        let request = ForwardedRequest(
            exchange,
            id,
            body: body.ownCopy(),
            isRepeatable: isRepeatable,
            forwarder: self,
            pool: self.pools[exchange.channel.eventLoop],
            unknown: unknown
        )
        request.begin()
    }

    package func shutDown() {
        for pool in self.pools.all { pool.eventLoop.execute { pool.shutDown() } }
    }

    package func loopsEnd() { self.pools.loopsEnd() }

    // MARK: The bound of connections

    func mayConnect() -> Bool {
        if self.connections.wrappingIncrementThenLoad(ordering: .relaxed) <= self.configuration.maxConnections {
            return true
        }
        self.connections.wrappingDecrement(ordering: .relaxed)
        self.log.log(level: .warning) { "there are \(self.configuration.maxConnections) connections to other servers" }
        return false
    }

    func disconnected() { self.connections.wrappingDecrement(ordering: .relaxed) }
}
