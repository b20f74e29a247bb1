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
    // `@exclusivity(unchecked)`: see LoopContext.
    @exclusivity(unchecked) private var jobs = Deque<UnownedJob>()
    private var runIsScheduled = false
    private var isRunning = false
    /// Set while the loop is at something at whose end it calls ``drain()``, so that no task is spent on that.
    @exclusivity(unchecked) var willDrain = false

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
        self.runIsScheduled = false
        guard !self.isRunning else { return }
        self.isRunning = true
        while let job = self.jobs.popFirst() {
            job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
        self.isRunning = false
    }

    /// Runs what has become ready. Called at the end of whatever the loop did for this library, which spares a task.
    func drain() {
        self.willDrain = false
        guard !self.jobs.isEmpty else { return }
        if #available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *) { self.run() }
    }
}

@available(macOS 15.0, iOS 18.0, watchOS 11.0, tvOS 18.0, visionOS 2.0, *)
extension LoopExecutor: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard self.eventLoop.inEventLoop else {
            return self.eventLoop.execute {
                self.jobs.append(job)
                self.run()
            }
        }
        self.jobs.append(job)
        guard !self.runIsScheduled, !self.isRunning, !self.willDrain else { return }
        self.runIsScheduled = true
        self.eventLoop.execute { self.run() }
    }
}
