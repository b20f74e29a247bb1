// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import SocketIOWire

/// The part of a server that lives on one event loop: the loop's sockets and rooms of each namespace.
///
/// `@unchecked Sendable`: `eventLoop`, `queue`, `timers`, `executor`, `codec`, `recovery` and `lock` never change; all else is used
/// on `eventLoop` only.
final class EventShard: @unchecked Sendable {
    let engineShard: EngineShard
    let eventLoop: any EventLoop
    let queue: LoopQueue
    let executor: LoopExecutor
    /// `nil` while recovery is off.
    let recovery: RecoveryRegistry?
    /// Guards the state of this loop's sockets that other threads may read: `data`, `rooms`, `isConnected`,
    /// `transport`. The event loop takes the lock to change this state. It needs no lock to read it, except for `data`,
    /// which any thread may change. Sending and receiving messages takes no lock.
    let lock = NIOLock()
    private(set) var namespaces: [String: LocalNamespace] = [:]
    /// How many sockets have left, by the reason.
    var disconnects: [DisconnectReason: Int] = [:]
    /// The last entry of the cluster's journal that has reached this loop's sockets; nil if none has.
    var journalPosition: JournalOffset?
    private let codec: any PacketCodec
    /// The application's tasks.
    var tasks = TaskCounter()
    /// `nil` unless the server is observed.
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) var observer: (any EventObserver)?
    @exclusivity(unchecked) var counters = EventCounters()
    @exclusivity(unchecked) private var idle = Idle()

    /// Objects that code on the loop borrows instead of making new ones. The property of a borrowed object is `nil`:
    /// code that borrows within a loan, such as an `encode(to:)` that emits, gets a new object instead of one with a
    /// packet half written.
    private struct Idle {
        var scratch: ByteBuffer?
        var packet: SocketPacket?
        var writer: OutgoingPacket?
    }

    init(
        engineShard: EngineShard,
        codec: any PacketCodec,
        recovery: RecoveryRegistry?,
        observer: (any EventObserver)?
    ) {
        self.observer = observer
        self.engineShard = engineShard
        self.recovery = recovery
        self.codec = codec
        self.eventLoop = engineShard.eventLoop
        self.queue = engineShard.loop.queue
        self.executor = LoopExecutor(
            eventLoop: engineShard.eventLoop, execute: engineShard.loop.queue.succession.execute)
    }

    var timers: LoopTimers { self.engineShard.timers }

    func local(_ namespace: Namespace) -> LocalNamespace {
        if let local = self.namespaces[namespace.name] { return local }
        let local = LocalNamespace(shard: self, name: namespace.name)
        if let observer = namespace.wholeServer.roomObserver { local.observe(observer) }
        self.namespaces[namespace.name] = local
        return local
    }

    /// The sockets of a namespace; `nil` if there are none, and none have been here lately.
    func existing(_ namespace: Namespace) -> LocalNamespace? { self.namespaces[namespace.name] }

    func removeIfEmpty(_ namespace: String) {
        if self.namespaces[namespace]?.isEmpty == true { self.namespaces[namespace] = nil }
    }

    var socketCount: Int { self.namespaces.values.reduce(0) { $0 + $1.sockets.count } }

    /// Whether the caller is on the loop. If so, the calls that other threads have posted before are done first.
    func isCurrent() -> Bool {
        guard self.eventLoop.inEventLoop else { return false }
        self.queue.catchUp()
        return true
    }

    /// Lends a buffer for a packet to `body`.
    func withScratch(_ body: (inout ByteBuffer) throws -> Void) rethrows {
        var scratch = self.idle.scratch.take() ?? ByteBuffer()
        scratch.rewind()
        defer { self.idle.scratch = scratch }
        try body(&scratch)
    }

    /// Lends a packet to receive into, until ``giveBack(_:)-(SocketPacket)``.
    func takePacket() -> SocketPacket {
        self.idle.packet.take() ?? SocketPacket()
    }

    func giveBack(_ packet: consuming SocketPacket) {
        packet.clear()
        self.idle.packet = packet
    }

    /// Lends a writer until ``giveBack(_:)``. There is no closure as in ``withScratch(_:)``: the arguments of an event
    /// are appended in the module that emits it, where their types are known.
    func takeWriter() -> OutgoingPacket {
        self.idle.writer.take() ?? OutgoingPacket(writer: self.codec.makeWriter(), isLoops: true)
    }

    /// - Parameter packet: its writer has been reset by the caller: a call to `reset()` here would retain the writer.
    func giveBack(_ packet: consuming OutgoingPacket) {
        self.idle.writer = packet
    }
}
