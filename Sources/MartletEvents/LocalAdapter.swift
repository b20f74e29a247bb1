// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Reaches the sockets of this server: each event loop walks over its own sockets.
///
/// An operation acts at once on the caller's event loop, and a little later on the others.
package struct LocalAdapter: Adapter {
    package init() {}

    package func broadcast(_ packet: EncodedPacket, to target: BroadcastTarget, in namespace: Namespace) {
        self.broadcast(packet, to: target, in: namespace, nil)
    }

    func broadcast(
        _ packet: EncodedPacket,
        to target: BroadcastTarget,
        in namespace: Namespace,
        _ turn: OperationTurn?
    ) {
        let fanOut = namespace.core.observer.map { FanOut(in: namespace, observer: $0) }
        guard target.isKept else {
            return self.onEachLoop(of: namespace, turn, mayBeRefused: true) {
                let count = $0.broadcast(packet, to: target)
                fanOut?.reached(count)
            }
        }
        namespace.history.keep(packet, in: target.rooms, now: .now()) {
            self.postToEachLoop(of: namespace, turn) {
                let count = $0.broadcast(packet, to: target)
                fanOut?.reached(count)
            }
        }
        turn?.taken()
    }

    /// As ``onEachLoop(of:_:_:)``, but never at once.
    private func postToEachLoop(
        of namespace: Namespace,
        _ turn: OperationTurn?,
        _ body: @escaping @Sendable (LocalNamespace) -> Void
    ) {
        self.inOrder(of: namespace, turn) {
            for shard in namespace.core.shards { shard.queue.post { body(shard.local(namespace)) } }
        }
    }

    private func inOrder(of namespace: Namespace, _ turn: OperationTurn?, _ post: () -> Void) {
        func take() { if let turn { turn.take(post) } else { post() } }
        if let recovery = namespace.core.recovery { recovery.posting.withLock(take) } else { take() }
    }

    package func perform(_ operation: SocketOperation, on target: BroadcastTarget, in namespace: Namespace) {
        self.perform(operation, on: target, in: namespace, nil)
    }

    func perform(
        _ operation: SocketOperation,
        on target: BroadcastTarget,
        in namespace: Namespace,
        _ turn: OperationTurn?
    ) {
        self.onEachLoop(of: namespace, turn) { $0.perform(operation, on: target) }
    }

    package func ask(
        _ question: EncodedPacket,
        of target: BroadcastTarget,
        in namespace: Namespace,
        timeout: Duration,
        answered: @escaping @Sendable (_ socketID: String, Result<SocketArguments, AcknowledgementError>) -> Void
    ) async -> Gathered<Int> {
        await self.ask(question, of: target, in: namespace, timeout: timeout, asking: { _ in }, answered: answered)
    }

    /// - Parameter asking: called on each event loop, with the sockets that are asked there, before the first of them
    ///   can have answered.
    func ask(
        _ question: EncodedPacket,
        of target: BroadcastTarget,
        in namespace: Namespace,
        timeout: Duration,
        asking: @escaping @Sendable ([Socket]) -> Void,
        answered: @escaping @Sendable (_ socketID: String, Result<SocketArguments, AcknowledgementError>) -> Void
    ) async -> Gathered<Int> {
        let counts = await self.gather(from: namespace) { local in
            let sockets = local.sockets(target)
            asking(sockets)
            for socket in sockets {
                socket.askNow(question, target.flags, timeout: timeout) { answered(socket.id, $0) }
            }
            return sockets.count
        }
        return Gathered(counts.reduce(0, +))
    }

    package func count(_ target: BroadcastTarget, in namespace: Namespace) async -> Gathered<Int> {
        Gathered(await self.gather(from: namespace) { $0.count(target) }.reduce(0, +))
    }

    package func describe(
        _ target: BroadcastTarget,
        in namespace: Namespace
    ) async -> Gathered<[SocketDescription]> {
        // Encoding takes longer than finding the sockets, so it is not done on the event loops.
        let sockets = await self.sockets(target, in: namespace)
        return Gathered(sockets.filter(\.isConnected).map(SocketDescription.init))
    }

    /// There are no other servers.
    package func send(_ event: ServerSideEvent, in namespace: Namespace) {}

    package func ask(
        _ event: ServerSideEvent,
        in namespace: Namespace,
        timeout: Duration
    ) async -> [String: ServerSideAnswer] {
        [:]
    }

    package func sockets(_ target: BroadcastTarget, in namespace: Namespace) async -> [Socket] {
        await self.gather(from: namespace) { $0.sockets(target) }.flatMap { $0 }
    }

    /// - Parameter mayBeRefused: whether a loop that is far behind goes without.
    private func onEachLoop(
        of namespace: Namespace,
        _ turn: OperationTurn?,
        mayBeRefused: Bool = false,
        _ body: @escaping @Sendable (LocalNamespace) -> Void
    ) {
        let shards = namespace.core.shards
        var refusing: [EventShard] = []
        self.inOrder(of: namespace, turn) {
            for shard in shards where !shard.eventLoop.inEventLoop {
                let work: @Sendable () -> Void = { body(shard.local(namespace)) }
                if !mayBeRefused {
                    shard.queue.post(work)
                } else if !shard.queue.offer(work) {
                    refusing.append(shard)
                }
            }
        }
        // The application is told, and may broadcast: not within the lock of the order.
        for shard in refusing { shard.engineShard.limits.exceeded(.queuedSends) }
        turn?.taken()
        for shard in shards where shard.isCurrent() { body(shard.local(namespace)) }
    }

    private func gather<Value: Sendable>(
        from namespace: Namespace,
        _ body: @escaping @Sendable (LocalNamespace) -> Value
    ) async -> [Value] {
        var values: [Value] = []
        for shard in namespace.core.shards {
            let value = await withCheckedContinuation { continuation in
                shard.queue.perform { continuation.resume(returning: body(shard.local(namespace))) }
            }
            values.append(value)
        }
        return values
    }
}
