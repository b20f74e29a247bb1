// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Atomics
internal import DequeModule
internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore

/// The part of a server that lives on one event loop: for each namespace its sockets and rooms there.
///
/// `@unchecked Sendable`: `eventLoop`, `timers`, `executor` and `lock` never change; `posted` and `hasPosted` are for all
/// threads; all else is used on `eventLoop` only.
final class EventShard: @unchecked Sendable {
    let engineShard: EngineShard
    let eventLoop: any EventLoop
    let executor: LoopExecutor
    /// Guards what sockets of this loop let other threads read: `data`, `rooms`, `isConnected`, `transport`. The loop
    /// takes it to change them; what it only reads, and everything on the way of a message, goes without.
    let lock = NIOLock()
    private(set) var namespaces: [String: LocalNamespace] = [:]
    private let posted = NIOLockedValueBox(Posted())
    /// Whether `posted` holds anything: spares the loop the lock.
    private let hasPosted = ManagedAtomic(false)

    /// What other threads want done here.
    private struct Posted {
        var bodies = Deque<@Sendable () -> Void>()
        var runIsScheduled = false
    }

    init(engineShard: EngineShard) {
        self.engineShard = engineShard
        self.eventLoop = engineShard.eventLoop
        self.executor = LoopExecutor(eventLoop: engineShard.eventLoop)
    }

    var timers: LoopTimers { self.engineShard.timers }

    func local(_ namespace: Namespace) -> LocalNamespace {
        if let local = self.namespaces[namespace.name] { return local }
        let local = LocalNamespace(shard: self)
        self.namespaces[namespace.name] = local
        return local
    }

    // MARK: Order

    /// Does it now on the loop, else there as soon as it can. Calls of which one follows the other act in that order,
    /// on whichever threads they are made: an actor's run on the loop at one time, elsewhere at another.
    func perform(_ body: @escaping @Sendable () -> Void) {
        if self.eventLoop.inEventLoop {
            self.catchUp()
            body()
        } else {
            self.post(body)
        }
    }

    /// Has it done on the loop, after all that was posted before. Called on other threads. What is posted acts directly:
    /// to catch up within it would do the next before this is done. Only the handlers that it may call do so.
    func post(_ body: @escaping @Sendable () -> Void) {
        let isFirst = self.posted.withLockedValue { posted in
            posted.bodies.append(body)
            self.hasPosted.store(true, ordering: .releasing)
            defer { posted.runIsScheduled = true }
            return !posted.runIsScheduled
        }
        if isFirst { self.eventLoop.execute { self.runPosted() } }
    }

    /// Does what other threads have posted so far. Whoever acts on the loop at once does this first, or would overtake.
    @inline(__always)
    func catchUp() {
        if self.hasPosted.load(ordering: .acquiring) { self.doPosted() }
    }

    private func doPosted() {
        var count = self.posted.withLockedValue { $0.bodies.count }
        // One by one: what one of them does may catch up with the next.
        while count > 0, let body = self.popPosted() {
            body()
            count -= 1
        }
    }

    private func popPosted() -> (@Sendable () -> Void)? {
        self.posted.withLockedValue { posted in
            let body = posted.bodies.popFirst()
            if posted.bodies.isEmpty { self.hasPosted.store(false, ordering: .releasing) }
            return body
        }
    }

    private func runPosted() {
        self.doPosted()
        // What has been posted in the meantime waits until the loop has looked after its connections.
        let isDone = self.posted.withLockedValue { posted in
            posted.runIsScheduled = !posted.bodies.isEmpty
            return !posted.runIsScheduled
        }
        if !isDone { self.eventLoop.execute { self.runPosted() } }
    }

    /// Lends the loop's memory for encoding; taken out of the shard meanwhile, so that an `encode(to:)` that emits
    /// finds another one in its place rather than this one half filled.
    func withScratch(_ body: (inout ByteBuffer) throws -> Void) rethrows {
        var scratch = self.takeScratch()
        defer { self.giveBackScratch(scratch) }
        try body(&scratch)
    }

    /// The same in two steps.
    func takeScratch() -> ByteBuffer {
        var scratch = ByteBuffer()
        swap(&scratch, &self.engineShard.loop.scratch)
        scratch.rewind()
        return scratch
    }

    func giveBackScratch(_ scratch: ByteBuffer) {
        self.engineShard.loop.scratch = scratch
    }
}
