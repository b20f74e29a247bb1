// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import SocketIOWire

/// A namespace of this node, as a peer sees it: what the peer says happens to the sockets of this node alone, and is not
/// told to other nodes, which the peer has told it, too.
///
/// Once the namespace has gone, nothing happens.
package struct PeerNamespace: Sendable {
    package let name: String
    private weak var namespace: Namespace?
    private let local = LocalAdapter()

    init(_ namespace: Namespace) {
        self.name = namespace.name
        self.namespace = namespace
    }

    /// - Throws: for a reserved name, and for a number that is not finite.
    package func broadcast(_ event: PeerEvent, to target: BroadcastTarget) throws {
        guard let namespace = self.namespace else { return }
        let core = namespace.core
        let writer = core.codec.makeWriter()
        try Self.checkName(event)
        writer.begin(.event, of: namespace.name, ackID: nil, event.name)
        writer.relay(try SocketArguments(event.arguments).raw)
        let offset = core.recovery == nil ? nil : core.offsets.next()
        if let offset { writer.encode(offset) }
        var packet = try writer.finish()
        packet.offset = offset
        self.local.broadcast(packet, to: target.stored, in: namespace)
    }

    package func perform(_ operation: SocketOperation, on target: BroadcastTarget) {
        if let namespace = self.namespace { self.local.perform(operation.stored, on: target.stored, in: namespace) }
    }

    /// - Parameter answered: called once for each socket.
    /// - Returns: how many sockets were asked.
    package func ask(
        _ event: PeerEvent,
        of target: BroadcastTarget,
        timeout: Duration,
        answered: @escaping @Sendable (Result<SocketArguments, AcknowledgementError>) -> Void
    ) async throws -> Int {
        guard let namespace = self.namespace else { return 0 }
        try Self.checkName(event)
        let writer = namespace.core.codec.makeWriter()
        writer.beginQuestion(event.name)
        writer.relay(try SocketArguments(event.arguments).raw)
        return await self.local.ask(try writer.finish(), of: target.stored, in: namespace, timeout: timeout) {
            answered($1)
        }.value
    }

    package func count(_ target: BroadcastTarget) async -> Int {
        guard let namespace = self.namespace else { return 0 }
        return await self.local.count(target.stored, in: namespace).value
    }

    package func describe(_ target: BroadcastTarget) async -> [SocketDescription] {
        guard let namespace = self.namespace else { return [] }
        return await self.local.describe(target.stored, in: namespace).value
    }

    package func sockets(_ target: BroadcastTarget) async -> [Socket] {
        guard let namespace = self.namespace else { return [] }
        return await self.local.sockets(target.stored, in: namespace)
    }

    /// Calls the handlers of an event from another server.
    /// - Parameter answer: called once, unless the event cannot be read.
    package func received(
        _ event: PeerEvent,
        answer: @escaping @Sendable (Result<SocketArguments, AcknowledgementError>) -> Void
    ) throws {
        let event = try event.serverSide
        self.namespace?.received(event) { answer($0.result) }
    }

    private static func checkName(_ event: PeerEvent) throws {
        if EventName.isReserved(event.name) { throw EventError.reservedName(event.name) }
    }
}
