// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

/// The tasks of one socket that have not returned: middleware, connection handlers, handlers of events.
struct HandlerTasks {
    /// Tells the tasks of a socket apart.
    typealias Number = UInt64

    private struct Entry {
        let number: Number
        /// `nil` until the task has been started, which may be over by then.
        var task: Task<Void, Never>?
        var timer: LoopTimers.Token?
        var isLate = false
    }

    private var entries: [Entry] = []
    private var last: Number = 0

    var count: Int { self.entries.count }

    /// A task is about to start.
    mutating func begin() -> Number {
        self.last &+= 1
        self.entries.append(Entry(number: self.last))
        return self.last
    }

    /// - Returns: whether the task goes on.
    mutating func started(_ number: Number, _ task: Task<Void, Never>, _ timer: () -> LoopTimers.Token?) -> Bool {
        guard let index = self.entries.firstIndex(where: { $0.number == number }) else { return false }
        self.entries[index].task = task
        self.entries[index].timer = timer()
        return true
    }

    /// The time of a task is over.
    /// - Returns: the task, to be cancelled.
    mutating func isLate(_ number: Number) -> Task<Void, Never>? {
        guard let index = self.entries.firstIndex(where: { $0.number == number }) else { return nil }
        self.entries[index].isLate = true
        self.entries[index].timer = nil
        return self.entries[index].task
    }

    /// A task has returned.
    /// - Returns: the timer that limited its time, and whether the time was over.
    mutating func end(_ number: Number) -> (timer: LoopTimers.Token?, isLate: Bool) {
        guard let index = self.entries.firstIndex(where: { $0.number == number }) else { return (nil, false) }
        let entry = self.entries.remove(at: index)
        return (entry.timer, entry.isLate)
    }

    /// All tasks that go on.
    var running: [Task<Void, Never>] { self.entries.compactMap(\.task) }
}

/// The tasks of a socket; all on its event loop.
extension Socket {
    /// Starts an operation that may suspend. On the loop, it ends with ``endTask(_:)``.
    func startTask(_ number: HandlerTasks.Number, _ operation: @escaping @Sendable () async -> Void) {
        self.shard.tasks.begin()
        self.updateBusy()
        let task = self.shard.executor.start(operation)
        let goesOn = self.state.tasks.started(number, task) {
            self.core.configuration.handlerTimeout.map { limit in
                self.shard.timers.schedule(after: TimeAmount(limit)) { self.state.tasks.isLate(number)?.cancel() }
            }
        }
        // It may have disconnected the socket before it was first suspended.
        if goesOn, self.phase == .disconnected { task.cancel() }
    }

    /// An operation has returned.
    /// - Returns: whether its time was over before.
    @discardableResult
    func endTask(_ number: HandlerTasks.Number) -> Bool {
        self.shard.tasks.end()
        let (timer, isLate) = self.state.tasks.end(number)
        if let timer { self.shard.timers.cancel(timer) }
        self.updateBusy()
        return isLate
    }

    /// An operation has thrown.
    /// - Returns: the error, or the one that has caused it.
    func endTask(_ number: HandlerTasks.Number, failed error: any Error) -> any Error {
        guard self.endTask(number), error is CancellationError, let limit = self.core.configuration.handlerTimeout
        else {
            return error
        }
        return HandlerTimedOut(limit: limit)
    }

    func updateBusy() {
        let limit = max(1, self.core.configuration.maxConcurrentHandlers)
        self.state.isBusy = self.state.isJoining || self.state.tasks.count >= limit
    }

    /// Cancels all that runs for the socket, which has left.
    func cancelTasks() {
        for task in self.state.tasks.running { task.cancel() }
    }
}

/// An asynchronous handler was cancelled, since it had taken longer than ``SocketIOConfiguration/handlerTimeout``.
public struct HandlerTimedOut: Error, CustomStringConvertible {
    /// How long a handler may take.
    public let limit: Duration

    /// What the client is told, if it waits for an answer.
    static let told = EventError(message: "The handler took too long", code: "handler_timeout")

    public var description: String { "the handler was cancelled: it took longer than \(self.limit)" }
}
