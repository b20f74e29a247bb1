// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

/// What the connections that a ``MartletServer`` has on one event loop share: the memory that they are read into, and
/// the knowledge of who is there.
///
/// `@unchecked Sendable`: `eventLoop` never changes, all else is used on it only.
final class ServerLoop: @unchecked Sendable {
    let eventLoop: any EventLoop

    /// The timeouts, and the answers of a turn, of connections that speak HTTP.
    let context: LoopContext

    var clock = HTTPClock()

    private static let receiveCapacity = 64 << 10
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) private var spareBuffer: ByteBuffer?

    private var httpConnections: [ObjectIdentifier: any Channel] = [:]
    /// Those that speak WebSocket by now. Who they are is known to the endpoint that they belong to.
    private var webSocketCount = 0
    private var allEnded: EventLoopPromise<Void>?

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.context = LoopContext(eventLoop: eventLoop)
    }

    var timers: LoopTimers { self.context.timers }

    // MARK: Memory

    /// A buffer to read into. All connections are read into the same, one after the other, so that an idle one has no
    /// memory for it, where NIO's own allocators leave each with two kilobytes. Should somebody still hold a slice of
    /// it, that one keeps it, and there is new memory.
    func takeReceiveBuffer() -> ByteBuffer {
        if var buffer = self.spareBuffer.take(), buffer.modifyIfUniquelyOwned({ $0.clear() }) != nil { return buffer }
        return ByteBufferAllocator().buffer(capacity: Self.receiveCapacity)
    }

    /// Takes back what a handler was handed; it may go on using it.
    func giveBack(_ buffer: ByteBuffer) {
        // A channel's first buffer stays with NIO, see LoopReceiveAllocator.
        if buffer.capacity >= Self.receiveCapacity { self.spareBuffer = buffer }
    }

    /// The first read of a channel has come. One that fills its buffer is followed by another at once. From here on a
    /// turn reads a channel once: whatever that leaves brings the event loop back, and NIO pools no buffers.
    func firstReadCame(on channel: any Channel) {
        try? channel.syncOptions?.setOption(.maxMessagesPerRead, value: 1)
    }

    // MARK: Connections

    func opened(_ channel: any Channel) {
        self.httpConnections[ObjectIdentifier(channel)] = channel
    }

    func httpEnded(_ channel: any Channel) {
        guard self.httpConnections.removeValue(forKey: ObjectIdentifier(channel)) != nil else { return }
        self.checkAllEnded()
    }

    func upgraded(_ channel: any Channel) {
        guard self.httpConnections.removeValue(forKey: ObjectIdentifier(channel)) != nil else { return }
        self.webSocketCount += 1
    }

    func webSocketEnded() {
        self.webSocketCount -= 1
        self.checkAllEnded()
    }

    /// Asks the connections that still speak HTTP to end, and closes those that have not within a time; WebSockets have
    /// been asked by their endpoints, and end by themselves.
    func closeAll(within time: TimeAmount) -> EventLoopFuture<Void> {
        let promise = self.eventLoop.makePromise(of: Void.self)
        self.allEnded = promise
        for channel in self.httpConnections.values {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
        self.eventLoop.scheduleTask(in: time) {
            for channel in self.httpConnections.values { channel.close(promise: nil) }
        }
        self.checkAllEnded()
        return promise.futureResult.map { self.tearDown() }
    }

    /// There are no connections, and there will be none.
    func tearDown() {
        self.context.tearDown()
    }

    private func checkAllEnded() {
        if self.httpConnections.isEmpty, self.webSocketCount == 0 { self.allEnded.take()?.succeed() }
    }
}

/// Has a channel read into its loop's memory.
struct LoopReceiveAllocator: RecvByteBufferAllocator {
    let loop: ServerLoop
    private var isFirst = true

    init(_ loop: ServerLoop) {
        self.loop = loop
    }

    /// NIO keeps the first buffer of a channel for as long as the channel lives, though it never reads into it again
    /// when the next one may be larger (see `record`). So the first read takes a few bytes only, and a second follows in
    /// the same turn.
    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        self.isFirst ? allocator.buffer(capacity: 16) : self.loop.takeReceiveBuffer()
    }

    mutating func record(actualReadBytes: Int) -> Bool {
        self.isFirst = false
        return true
    }
}
