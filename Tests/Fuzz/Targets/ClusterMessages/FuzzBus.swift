// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTesting
import NIOConcurrencyHelpers
import NIOCore

/// A bus in memory with a journal.
struct FuzzBus: DurableBus {
    let bus: InProcessBus
    let journal: (any RecoveryJournal)?

    func publish(_ message: ByteBuffer, to channel: String) { self.bus.publish(message, to: channel) }

    func subscribe(
        to channel: String, _ receive: @escaping @Sendable (_ message: ByteBuffer) -> Void
    ) -> ClusterSubscription {
        self.bus.subscribe(to: channel, receive)
    }
}

/// A journal in memory. An entry has been read when ``append(_:to:)`` returns, unless another thread is at it.
final class FuzzJournal: RecoveryJournal {
    private struct State {
        var entries: [JournalEntry] = []
        var read = 0
        var isReading = false
        var receive: (@Sendable ([JournalEntry], JournalOffset) -> Void)?
        var records: [String: [String: ByteBuffer]] = [:]
    }

    let maxRead = 1000
    let isAvailable = true
    private let state = NIOLockedValueBox(State())

    private static func offset(_ count: Int) -> JournalOffset {
        JournalOffset(milliseconds: 1, number: UInt64(count))
    }

    var position: JournalOffset? { self.state.withLockedValue { Self.offset($0.read) } }

    func read(_ receive: @escaping @Sendable (_ entries: [JournalEntry], _ position: JournalOffset) -> Void) {
        receive([], Self.offset(0))
        self.state.withLockedValue { $0.receive = receive }
    }

    func append(_ message: ByteBuffer, to channel: String) {
        let isFirst = self.state.withLockedValue { state in
            state.entries.append(
                JournalEntry(offset: Self.offset(state.entries.count + 1), channel: channel, message: message))
            defer { state.isReading = true }
            return !state.isReading
        }
        guard isFirst else { return }
        while let (entry, receive) = self.next() { receive([entry], entry.offset) }
    }

    private func next() -> (JournalEntry, @Sendable ([JournalEntry], JournalOffset) -> Void)? {
        self.state.withLockedValue { state in
            guard let receive = state.receive, state.read < state.entries.count else {
                state.isReading = false
                return nil
            }
            state.read += 1
            return (state.entries[state.read - 1], receive)
        }
    }

    /// What is not there yet is not waited for.
    func reach(_ offset: JournalOffset) async {}

    func entries(after offset: JournalOffset, since start: JournalOffset) async throws -> JournalPage? {
        JournalPage(entries: [], last: nil, count: 0, isLast: true)
    }

    // MARK: Records of sessions

    func save(_ record: ByteBuffer, of session: String, holder: String, timeToLive: Duration) {
        self.state.withLockedValue { $0.records[session, default: [:]][holder] = record }
    }

    func remove(_ session: String, holder: String) {
        self.state.withLockedValue { $0.records[session]?[holder] = nil }
    }

    func records(of session: String) async throws -> [ByteBuffer] {
        self.state.withLockedValue { Array(($0.records[session] ?? [:]).values) }
    }

    func take(
        _ session: String, leaving record: ByteBuffer, holder: String, timeToLive: Duration
    ) async throws -> [ByteBuffer] {
        self.state.withLockedValue { state in
            defer { state.records[session] = [holder: record] }
            return Array((state.records[session] ?? [:]).values)
        }
    }

    func settle(_ session: String) async throws {}
}

/// A clock whose time passes a thousand times as fast.
struct HastyClock: Clock {
    typealias Instant = ContinuousClock.Instant

    var now: Instant { ContinuousClock.now }
    var minimumResolution: Duration { .nanoseconds(1) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let now = ContinuousClock.now
        try await ContinuousClock().sleep(until: now + (deadline - now) / 1000)
    }
}
