// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import SocketIOWire

/// The part of a server that lives on one event loop: for each namespace its sockets and rooms there.
///
/// `@unchecked Sendable`: `eventLoop`, `queue`, `timers`, `executor`, `codec` and `lock` never change; all else is used on
/// `eventLoop` only.
final class EventShard: @unchecked Sendable {
    let engineShard: EngineShard
    let eventLoop: any EventLoop
    let queue: LoopQueue
    let executor: LoopExecutor
    /// Guards what sockets of this loop let other threads read: `data`, `rooms`, `isConnected`, `transport`. The loop
    /// takes it to change them; what it only reads, and everything on the way of a message, goes without.
    let lock = NIOLock()
    private(set) var namespaces: [String: LocalNamespace] = [:]
    private let codec: any PacketCodec
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) private var idle = Idle()

    /// What the loop lends to whoever is at work on it. It is taken out while it is lent: whoever borrows within a loan, as
    /// an `encode(to:)` that emits does, gets another, rather than one with a packet half written.
    private struct Idle {
        var scratch: ByteBuffer?
        var packet: SocketPacket?
        var writer: OutgoingPacket?
    }

    init(engineShard: EngineShard, codec: any PacketCodec) {
        self.engineShard = engineShard
        self.codec = codec
        self.eventLoop = engineShard.eventLoop
        self.queue = engineShard.loop.queue
        self.executor = LoopExecutor(eventLoop: engineShard.eventLoop)
    }

    var timers: LoopTimers { self.engineShard.timers }

    func local(_ namespace: Namespace) -> LocalNamespace {
        if let local = self.namespaces[namespace.name] { return local }
        let local = LocalNamespace(shard: self)
        self.namespaces[namespace.name] = local
        return local
    }

    var socketCount: Int { self.namespaces.values.reduce(0) { $0 + $1.sockets.count } }

    /// Whether the caller is on the loop; if so, what others have asked for before is done.
    func isCurrent() -> Bool {
        guard self.eventLoop.inEventLoop else { return false }
        self.queue.catchUp()
        return true
    }

    /// Lends memory for a packet.
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

    /// Lends a writer until ``giveBack(_:)``. Not for the time of a call: the arguments of an event are appended in the
    /// module that emits it, where their types are known.
    func takeWriter() -> OutgoingPacket {
        self.idle.writer.take() ?? OutgoingPacket(writer: self.codec.makeWriter(), isLoops: true)
    }

    /// - Parameter packet: has been reset: this function would take a reference for that.
    func giveBack(_ packet: consuming OutgoingPacket) {
        self.idle.writer = packet
    }
}
