// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers
internal import NIOCore

/// A command whose answer somebody waits for.
final class PendingCommand: Sendable {
    let command: RedisCommand
    /// How long the command may keep Redis waiting on purpose.
    let patience: TimeAmount
    /// Whether it stays when there is no connection. Its caller has a time after which it gives up.
    let waitsForConnection: Bool
    private let state = NIOLockedValueBox(State())

    private struct State {
        var continuation: CheckedContinuation<RESPValue, any Error>?
        var result: Result<RESPValue, any Error>?
    }

    init(_ command: RedisCommand, patience: TimeAmount, waitsForConnection: Bool) {
        self.command = command
        self.patience = patience
        self.waitsForConnection = waitsForConnection
    }

    /// Whether nobody waits for an answer any more.
    var isResolved: Bool { self.state.withLockedValue { $0.result != nil } }

    /// The first call counts.
    func resolve(_ result: Result<RESPValue, any Error>) {
        let continuation = self.state.withLockedValue { state -> CheckedContinuation<RESPValue, any Error>? in
            guard state.result == nil else { return nil }
            state.result = result
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(with: result)
    }

    /// Called once.
    func wait() async throws -> RESPValue {
        try await withCheckedThrowingContinuation { continuation in
            let result = self.state.withLockedValue { state in
                if state.result == nil { state.continuation = continuation }
                return state.result
            }
            if let result { continuation.resume(with: result) }
        }
    }
}
