// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

/// State that a ``MartletServer``'s connections on one event loop share: the receive buffer, and the list of
/// connections.
///
/// `@unchecked Sendable`: `eventLoop` never changes, all else is used on it only.
final class ServerLoop: @unchecked Sendable {
    let eventLoop: any EventLoop

    /// The timeouts and the answers of a turn, for the connections that speak HTTP.
    let context: LoopContext

    var clock = HTTPClock()

    private static let receiveCapacity = 64 << 10
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) private var spareBuffer: ByteBuffer?

    private var httpConnections: [ObjectIdentifier: any Channel] = [:]
    /// How many connections speak WebSocket by now. Their endpoints know which ones.
    private var webSocketCount = 0
    /// Connections that carry raw bytes to another server by now.
    private var rawConnections: [ObjectIdentifier: any Channel] = [:]
    private var allEnded: EventLoopPromise<Void>?

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.context = LoopContext(eventLoop: eventLoop)
    }

    var timers: LoopTimers { self.context.timers }

    // MARK: Memory

    /// A buffer to read into. All connections are read into the same buffer, one after the other, so that an idle
    /// connection needs no memory for it; NIO's own allocators leave each connection a buffer of its own. If a slice of
    /// the buffer is still held, the holder keeps that memory, and a new buffer is allocated.
    func takeReceiveBuffer() -> ByteBuffer {
        if var buffer = self.spareBuffer.take(), buffer.modifyIfUniquelyOwned({ $0.clear() }) != nil { return buffer }
        return ByteBufferAllocator().buffer(capacity: Self.receiveCapacity)
    }

    /// Takes back a buffer that was passed to a handler; the handler may go on using it.
    func giveBack(_ buffer: ByteBuffer) {
        // A channel's first buffer stays with NIO, see LoopReceiveAllocator.
        if buffer.capacity >= Self.receiveCapacity { self.spareBuffer = buffer }
    }

    /// Adds to the first bytes of a connection what else its socket has, see ``LoopReceiveAllocator``.
    func completeFirstRead(_ first: ByteBuffer, from socket: DirectSocket) -> ByteBuffer {
        guard first.writableBytes == 0 else { return first }
        var bytes = self.takeReceiveBuffer()
        bytes.writeImmutableBuffer(first)
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: 0, socket.receive)
        return bytes
    }

    // MARK: Connections

    /// A connection was accepted. NIO will read it once in a turn: the event loop comes back for the rest, and NIO keeps
    /// no pool of buffers for the channel.
    func opened(_ channel: any Channel) throws {
        if let options = channel.syncOptions {
            try options.setOption(.recvAllocator, value: LoopReceiveAllocator(self))
            try options.setOption(.maxMessagesPerRead, value: 1)
            // Without this option NIO would close a connection as soon as its client ends its side, before the answers
            // of that turn have been sent.
            try options.setOption(.allowRemoteHalfClosure, value: true)
        }
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

    /// A connection speaks HTTP no longer, and no endpoint knows of it: it is asked to end as if it did.
    func relayed(_ channel: any Channel) {
        guard self.httpConnections.removeValue(forKey: ObjectIdentifier(channel)) != nil else { return }
        self.rawConnections[ObjectIdentifier(channel)] = channel
        channel.closeFuture.assumeIsolated().whenComplete { _ in
            self.rawConnections[ObjectIdentifier(channel)] = nil
            self.checkAllEnded()
        }
    }

    func webSocketEnded() {
        self.webSocketCount -= 1
        self.checkAllEnded()
    }

    /// Asks the connections that still speak HTTP to end, and closes those that have not ended within a time.
    /// WebSockets have been asked by their endpoints, and end by themselves.
    func closeAll(within time: TimeAmount) -> EventLoopFuture<Void> {
        let promise = self.eventLoop.makePromise(of: Void.self)
        self.allEnded = promise
        for channel in Array(self.httpConnections.values) + Array(self.rawConnections.values) {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
        self.eventLoop.scheduleTask(in: time) {
            for channel in Array(self.httpConnections.values) + Array(self.rawConnections.values) {
                channel.close(promise: nil)
            }
        }
        self.checkAllEnded()
        return promise.futureResult.map { self.tearDown() }
    }

    /// Called when there are no connections, and there will be none.
    func tearDown() {
        self.context.tearDown()
    }

    /// Whether there are no connections.
    var isEmpty: Bool { self.httpConnections.isEmpty && self.webSocketCount == 0 && self.rawConnections.isEmpty }

    private func checkAllEnded() {
        if self.isEmpty { self.allEnded.take()?.succeed() }
    }
}

/// Makes NIO read a channel into its loop's receive buffer.
struct LoopReceiveAllocator: RecvByteBufferAllocator {
    let loop: ServerLoop
    private var isFirst = true

    init(_ loop: ServerLoop) {
        self.loop = loop
    }

    /// NIO keeps the first buffer of a channel as long as the channel lives, but does not read into it again when the
    /// next buffer may be larger (see `record`). So the first buffer takes a few bytes only, and the first handler reads
    /// what follows them, before the bytes go on: see ``ServerLoop/completeFirstRead(_:from:)``.
    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        self.isFirst ? allocator.buffer(capacity: 16) : self.loop.takeReceiveBuffer()
    }

    mutating func record(actualReadBytes: Int) -> Bool {
        self.isFirst = false
        return true
    }
}
