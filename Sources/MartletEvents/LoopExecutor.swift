// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore

/// Runs the tasks of asynchronous handlers on an event loop, without a hop to another thread.
///
/// `@unchecked Sendable`: the queue is used on `eventLoop` only.
final class LoopExecutor: @unchecked Sendable {
    private let eventLoop: any EventLoop
    // Unchecked: see LoopContext.
    @exclusivity(unchecked) private var state = State()

    private struct State {
        var jobs = Deque<UnownedJob>()
        var runIsScheduled = false
        var isRunning = false
        /// Set while the loop is at something at whose end ``LoopExecutor/drain()`` is called, so that no task is spent on
        /// that.
        var willDrain = false
    }

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Starts a task on this executor. Called on the event loop; where the platform has immediate tasks, all up to
    /// the first suspension is done when this returns.
    func start(_ operation: @escaping @Sendable () async -> Void) {
        if #available(macOS 26.0, iOS 26.0, watchOS 26.0, tvOS 26.0, visionOS 26.0, *) {
            Task.immediate(executorPreference: self, operation: operation)
        } else if #available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *) {
            Task(executorPreference: self, operation: operation)
        } else {
            // Runs elsewhere; whatever it does to a socket hops.
            Task(operation: operation)
        }
    }

    @available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
    private func run() {
        self.state.runIsScheduled = false
        guard !self.state.isRunning else { return }
        self.state.isRunning = true
        while let job = self.state.jobs.popFirst() {
            job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
        self.state.isRunning = false
    }

    /// The loop begins something at whose end it calls ``drain()``: until then nothing has to be woken.
    func holdUntilDrained() {
        self.state.willDrain = true
    }

    /// Runs what has become ready. Called at the end of whatever the loop did for this library, which spares a task.
    func drain() {
        self.state.willDrain = false
        guard !self.state.jobs.isEmpty else { return }
        if #available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *) { self.run() }
    }
}

@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension LoopExecutor: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard self.eventLoop.inEventLoop else {
            return self.eventLoop.execute {
                self.state.jobs.append(job)
                self.run()
            }
        }
        self.state.jobs.append(job)
        guard !self.state.runIsScheduled, !self.state.isRunning, !self.state.willDrain else { return }
        self.state.runIsScheduled = true
        self.eventLoop.execute { self.run() }
    }
}
