// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
package import NIOCore

/// Runs the tasks of asynchronous handlers on an event loop, without a hop to another thread.
///
/// `@unchecked Sendable`: the queue is used on `eventLoop` only, and, after its end, where `execute` does what it is given, one after the other.
@usableFromInline
package final class LoopExecutor: @unchecked Sendable {
    private let eventLoop: any EventLoop
    /// Executes a function on the loop, from another thread.
    private let execute: @Sendable (_ body: @escaping @Sendable () -> Void) -> Void
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) private var state = State()

    private struct State {
        var jobs = Deque<UnownedJob>()
        var runIsScheduled = false
        var isRunning = false
    }

    /// Set while the loop does something that ends with ``LoopExecutor/drain()``: until then, jobs need no task of the
    /// event loop.
    @exclusivity(unchecked) @usableFromInline var willDrain = false
    /// Whether there are jobs in ``state``.
    @exclusivity(unchecked) @usableFromInline var hasJobs = false

    package convenience init(eventLoop: any EventLoop) {
        self.init(eventLoop: eventLoop) { eventLoop.execute($0) }
    }

    /// - Parameter execute: executes a function on the loop, from another thread; or elsewhere, when the loop has ended.
    package init(
        eventLoop: any EventLoop,
        execute: @escaping @Sendable (_ body: @escaping @Sendable () -> Void) -> Void
    ) {
        self.eventLoop = eventLoop
        self.execute = execute
    }

    /// Starts a task on this executor. Called on the event loop. Where the platform has immediate tasks, the operation
    /// has run up to its first suspension when this returns.
    @discardableResult
    package func start(_ operation: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        if #available(macOS 26.0, iOS 26.0, watchOS 26.0, tvOS 26.0, visionOS 26.0, *) {
            Task.immediate(executorPreference: self, operation: operation)
        } else if #available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *) {
            Task(executorPreference: self, operation: operation)
        } else {
            // The task runs on other threads; its calls to a socket are posted to the event loop.
            Task(operation: operation)
        }
    }

    private func append(_ job: UnownedJob) {
        self.state.jobs.append(job)
        self.hasJobs = true
    }

    @available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
    private func run() {
        self.state.runIsScheduled = false
        guard !self.state.isRunning else { return }
        self.state.isRunning = true
        while let job = self.state.jobs.popFirst() {
            job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
        self.hasJobs = false
        self.state.isRunning = false
    }

    /// Called when the loop begins something that ends with ``drain()``: until then, jobs need no task of the event
    /// loop.
    @inlinable @inline(__always)
    package func holdUntilDrained() {
        self.willDrain = true
    }

    /// Runs the jobs that have become ready. Called at the end of everything that the loop does for this library, which
    /// saves a task of the event loop.
    @inlinable @inline(__always)
    package func drain() {
        self.willDrain = false
        if self.hasJobs { self.runNow() }
    }

    @usableFromInline
    func runNow() {
        if #available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *) { self.run() }
    }
}

@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension LoopExecutor: TaskExecutor {
    @usableFromInline
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard self.eventLoop.inEventLoop else {
            return self.execute {
                self.append(job)
                self.run()
            }
        }
        self.append(job)
        guard !self.state.runIsScheduled, !self.state.isRunning, !self.willDrain else { return }
        self.state.runIsScheduled = true
        self.eventLoop.execute { self.run() }
    }
}
