// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOConcurrencyHelpers

/// What servers tell each other about sessions whose client has come to another server.
enum SessionRelease: Codable, Sendable {
    /// The client is here: end its socket there, if it is still there, and write down its state.
    case request(pid: String, namespace: String, question: Int)
    case done(question: Int)
}

/// The requests of this server that wait for an answer.
final class SessionReleases: Sendable {
    private struct State {
        var open: [Int: CheckedContinuation<Void, Never>] = [:]
        var last = 0
    }

    private let state = NIOLockedValueBox(State())

    /// Waits until ``end(_:)`` is called with the number.
    /// - Parameter ask: called with the number.
    func wait(_ ask: (_ number: Int) -> Void) async {
        await withCheckedContinuation { continuation in
            let number = self.state.withLockedValue { state in
                state.last += 1
                state.open[state.last] = continuation
                return state.last
            }
            ask(number)
        }
    }

    func end(_ number: Int) {
        self.state.withLockedValue { $0.open.removeValue(forKey: number) }?.resume()
    }
}

/// Lets so many run at a time, in the order in which they came.
final class AsyncGate: Sendable {
    private struct State {
        var free: Int
        var waiting = Deque<CheckedContinuation<Void, Never>>()
    }

    private let state: NIOLockedValueBox<State>

    init(limit: Int) {
        self.state = NIOLockedValueBox(State(free: limit))
    }

    func run<Value: Sendable>(_ body: () async -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            let mayRun = self.state.withLockedValue { state in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if mayRun { continuation.resume() }
        }
        let value = await body()
        let next = self.state.withLockedValue { state -> CheckedContinuation<Void, Never>? in
            if let next = state.waiting.popFirst() { return next }
            state.free += 1
            return nil
        }
        next?.resume()
        return value
    }
}
