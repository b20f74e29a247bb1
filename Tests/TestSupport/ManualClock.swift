// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers

/// A clock that a test sets.
package final class ManualClock: Clock {
    package struct Instant: InstantProtocol {
        var offset: Swift.Duration
        package func advanced(by duration: Swift.Duration) -> Instant { Instant(offset: self.offset + duration) }
        package func duration(to other: Instant) -> Swift.Duration { other.offset - self.offset }
        package static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct State {
        var now = Instant(offset: .zero)
        var lastID = 0
        var sleepers: [Int: (deadline: Instant, continuation: CheckedContinuation<Void, any Error>)] = [:]
        var cancelled: Set<Int> = []
    }

    private let state = NIOLockedValueBox(State())

    package init() {}

    package var now: Instant { self.state.withLockedValue { $0.now } }
    package var minimumResolution: Swift.Duration { .zero }

    package func sleep(until deadline: Instant, tolerance: Swift.Duration?) async throws {
        let id = self.state.withLockedValue { state in
            state.lastID += 1
            return state.lastID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let result: Result<Void, any Error>? = self.state.withLockedValue { state in
                    if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
                    if deadline <= state.now { return .success(()) }
                    state.sleepers[id] = (deadline, continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let sleeper = self.state.withLockedValue { state in
                let sleeper = state.sleepers.removeValue(forKey: id)
                if sleeper == nil { state.cancelled.insert(id) }
                return sleeper
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Waits until this many sleep, then wakes those whose time has come. In a cluster each server waits for its next
    /// heartbeat, and each question for the end of its time.
    package func advance(by duration: Swift.Duration, waiting count: Int) async throws {
        try await eventually("\(count) to sleep") { self.state.withLockedValue { $0.sleepers.count } == count }
        let awake = self.state.withLockedValue { state in
            state.now = state.now.advanced(by: duration)
            let awake = state.sleepers.filter { $0.value.deadline <= state.now }
            for id in awake.keys { state.sleepers[id] = nil }
            return awake.values
        }
        for sleeper in awake { sleeper.continuation.resume() }
    }

    /// Waits until somebody sleeps until so long after the clock's time, and wakes all who do.
    package func wake(after duration: Swift.Duration) async throws {
        try await eventually("somebody to sleep for \(duration)") {
            let awake = self.state.withLockedValue { state in
                let end = state.now.advanced(by: duration)
                let awake = state.sleepers.filter { $0.value.deadline == end }
                for id in awake.keys { state.sleepers[id] = nil }
                return awake.values
            }
            for sleeper in awake { sleeper.continuation.resume() }
            return !awake.isEmpty
        }
    }
}
