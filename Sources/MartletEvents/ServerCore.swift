// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Atomics
internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import SocketIOWire

/// State that all parts of a server share. It has no reference to the engine, because the engine refers to it.
final class ServerCore: Sendable {
    let configuration: SocketIOConfiguration
    private let ownAdapter: any Adapter
    /// Set once, when the server enters a cluster; read without a lock for each broadcast.
    private let cluster = ManagedAtomicLazyReference<ClusterAdapter>()
    /// Set once, when the server is observed; read without a lock for each broadcast.
    private let observerBox = ManagedAtomicLazyReference<EventObserverBox>()
    let codec: any PacketCodec
    // The codec's coder and format, stored here to save a call to the codec.
    let coder: any ArgumentCoder
    let format: any ArgumentFormat.Type
    let logger: ThrottledLogger
    let namespaces = NamespaceTable()
    let offsets = OffsetSource()
    let moved = MovedSockets()
    /// `nil` while recovery is off.
    let recovery: RecoveryRegistry?
    private let state = NIOLockedValueBox(State())
    private let engineReference = NIOLockedValueBox(WeakEngine())

    private struct State {
        var shards: [EventShard] = []
        var onError: (@Sendable (HandlerFailure) -> Void)?
        /// Called when the server enters a cluster; nil once it has.
        var clusterHandlers: [@Sendable (ClusterAdapter) -> Void]? = []
    }

    init(
        configuration: SocketIOConfiguration,
        codec: any PacketCodec,
        adapter: any Adapter,
        logger: ThrottledLogger
    ) {
        self.codec = codec
        self.coder = codec.coder
        self.format = codec.format
        self.logger = logger
        self.configuration = configuration
        let offsets = self.offsets
        self.recovery = configuration.connectionStateRecovery.map { RecoveryRegistry($0, offsets) }
        self.ownAdapter = adapter
    }

    // MARK: Cluster

    /// What reaches sockets that are addressed together.
    var adapter: any Adapter { self.cluster.load() ?? self.ownAdapter }

    func enter(_ cluster: ClusterAdapter) {
        guard self.cluster.storeIfNilThenLoad(cluster) === cluster else {
            return self.report(HandlerFailure(error: AlreadyInCluster(), socket: nil, event: nil))
        }
        cluster.core = self
        self.share(cluster)
        cluster.enter(self.namespaces.observe { cluster.takePart(in: $0) })
        for handler in self.state.withLockedValue({ $0.clusterHandlers.take() }) ?? [] { handler(cluster) }
    }

    /// Makes recovery the cluster's, if the cluster's bus has a journal.
    func share(_ cluster: ClusterAdapter) {
        guard let recovery = self.recovery, let journal = cluster.journal else { return }
        let shared = SharedRecovery(journal, recovery.settings, core: self, adapter: cluster)
        recovery.share(shared)
        cluster.share(shared)
    }

    /// Calls a function when the server enters a cluster; now, if it has.
    func onCluster(_ handler: @escaping @Sendable (ClusterAdapter) -> Void) {
        let hasEntered = self.state.withLockedValue { state in
            state.clusterHandlers?.append(handler)
            return state.clusterHandlers == nil
        }
        if hasEntered, let cluster = self.cluster.load() { handler(cluster) }
    }

    /// `nil` outside a cluster.
    var clusterAdapter: ClusterAdapter? { self.cluster.load() }

    /// All connections have ended.
    func ended() async {
        await self.tasksEnded()
        self.leaveCluster()
        _ = self.state.withLockedValue { exchange(&$0.shards, with: []) }
    }

    /// Waits until the application's tasks have returned, all of which are cancelled by now, or their time is over.
    func tasksEnded() async {
        let limit = self.configuration.drain.cancellationTime
        await withTaskGroup(of: Void.self) { group in
            for shard in self.shards { group.addTask { await shard.tasksEnded(within: limit) } }
        }
    }

    func leaveCluster() {
        self.cluster.load()?.leave()
        self.moved.failAll()
    }

    /// Hands the sessions to the other servers of the cluster, as far as there are any that take them.
    func handOver() async {
        guard let cluster = self.cluster.load(), let settings = cluster.configuration.handover,
            self.engine?.node.forwarder != nil || cluster.nodeCount == 1 || settings.isUnconditional
        else { return }
        cluster.handovers.beginLeaving()
        await HandoverRun(cluster: cluster, core: self, settings: settings).run()
    }

    /// Enters namespaces, so that they stay; for each of them the caller calls ``left(_:)``.
    /// - Returns: `nil` if there is none of one of the names.
    func enter(_ names: Set<String>) -> [Namespace]? {
        var namespaces: [Namespace] = []
        for name in names {
            guard let namespace = self.namespaces.enter(name, auth: .emptyObject) else {
                for namespace in namespaces { self.left(namespace) }
                return nil
            }
            namespaces.append(namespace)
        }
        return namespaces
    }

    /// The engine, which refers to this object.
    var engine: Engine? { self.engineReference.withLockedValue { $0.engine } }

    func setEngine(_ engine: Engine) { self.engineReference.withLockedValue { $0.engine = engine } }

    private struct WeakEngine: Sendable {
        weak var engine: Engine?
    }

    // MARK: Offsets

    /// The offset of an event that is sent now; nil if it needs none, or gets one from the cluster's journal.
    func offset(for target: BroadcastTarget) -> String? {
        if target.latestKey != nil { return nil }
        guard let shared = self.recovery?.shared else {
            return self.recovery != nil || target.isKept ? self.offsets.next() : nil
        }
        return target.isKept && !shared.takes(target) ? self.offsets.next() : nil
    }

    // MARK: Namespaces

    func namespace(_ name: String) -> Namespace {
        let name = name.hasPrefix("/") ? name : "/" + name
        return self.namespaces.namespace(name) { Namespace(name: name, core: self) }
    }

    /// A socket that has entered a namespace is gone.
    func left(_ namespace: Namespace) {
        guard self.namespaces.leave(namespace) else { return }
        self.cluster.load()?.leave(namespace)
        for shard in self.shards { shard.queue.perform { shard.removeIfEmpty(namespace.name) } }
    }

    // MARK: Event loops

    var shards: [EventShard] { self.state.withLockedValue { $0.shards } }

    /// The part of the server on a session's event loop, made for the first session there. Called once for each
    /// session, on that loop.
    func shard(of session: Session) -> EventShard { self.shard(of: session.shard) }

    func shard(of engineShard: EngineShard) -> EventShard {
        self.state.withLockedValue { state in
            if let shard = state.shards.first(where: { $0.engineShard === engineShard }) { return shard }
            let shard = EventShard(
                engineShard: engineShard, codec: self.codec, recovery: self.recovery, observer: self.observer)
            state.shards.append(shard)
            return shard
        }
    }

    // MARK: Observing

    var observer: (any EventObserver)? { self.observerBox.load()?.observer }

    func observe(with observer: any EventObserver) -> Bool {
        let box = EventObserverBox(observer)
        guard self.observerBox.storeIfNilThenLoad(box) === box else { return false }
        // Those made from now on have it from the start.
        for shard in self.shards { shard.queue.perform { shard.observer = observer } }
        return true
    }

    // MARK: Errors

    func setOnError(_ hook: @escaping @Sendable (HandlerFailure) -> Void) {
        self.state.withLockedValue { $0.onError = hook }
    }

    func report(_ failure: HandlerFailure) {
        if let hook = self.state.withLockedValue({ $0.onError }) { return hook(failure) }
        self.logger.log(level: failure.level, metadata: failure.logMetadata) { "\(failure)" }
    }

    /// Encodes an event.
    func encodeEvent<each Argument: Encodable & Sendable>(
        _ event: String,
        of namespace: String,
        _ arguments: repeat each Argument
    ) throws -> EncodedPacket {
        if EventName.isReserved(event) { throw EventError.reservedName(event) }
        let writer = self.codec.makeWriter()
        writer.begin(.event, of: namespace, ackID: nil, event)
        let packet = OutgoingPacket(writer: writer, isLoops: false)
        repeat packet.append(each arguments)
        return try writer.finish()
    }

    /// Encodes an event that asks for an answer, but for the id of the question, which each socket gives.
    func encodeQuestion<each Argument: Encodable & Sendable>(
        _ event: String,
        _ arguments: repeat each Argument
    ) throws -> EncodedPacket {
        if EventName.isReserved(event) { throw EventError.reservedName(event) }
        let writer = self.codec.makeWriter()
        writer.beginQuestion(event)
        let packet = OutgoingPacket(writer: writer, isLoops: false)
        repeat packet.append(each arguments)
        return try writer.finish()
    }
}

/// ``SocketIOServer/cluster(_:configuration:)`` was called twice.
struct AlreadyInCluster: Error, CustomStringConvertible {
    let description = "the server is in a cluster already, and stays there"
}
