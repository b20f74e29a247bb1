// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import NIOConcurrencyHelpers
import NIOCore

@testable import MartletEvents

/// A journal in memory. Each server reads it through a ``JournalSide`` of its own, at its own pace.
final class MemoryJournal: Sendable {
    private struct State {
        var entries: [JournalEntry] = [JournalEntry(offset: offset(0), channel: "", message: ByteBuffer())]
        var alarms: [AsyncStream<Void>.Continuation] = []
        /// By session, then by holder.
        var records: [String: [String: ByteBuffer]] = [:]
    }

    private let state = NIOLockedValueBox(State())

    private static func offset(_ number: Int) -> JournalOffset {
        JournalOffset(milliseconds: 1, number: UInt64(number))
    }

    func makeSide() -> JournalSide {
        let side = JournalSide(self)
        self.state.withLockedValue { $0.alarms.append(side.alarm) }
        return side
    }

    func append(_ message: ByteBuffer, to channel: String) {
        let alarms = self.state.withLockedValue { state in
            state.entries.append(
                JournalEntry(offset: Self.offset(state.entries.count), channel: channel, message: message))
            return state.alarms
        }
        for alarm in alarms { alarm.yield() }
    }

    var end: JournalOffset { self.state.withLockedValue { Self.offset($0.entries.count - 1) } }

    func entries(after offset: JournalOffset, count: Int) -> [JournalEntry] {
        self.state.withLockedValue { Array($0.entries.dropFirst(Int(offset.number) + 1).prefix(count)) }
    }

    func withRecords<Value>(_ body: (inout [String: [String: ByteBuffer]]) -> Value) -> Value {
        self.state.withLockedValue { body(&$0.records) }
    }

    /// The records that can be read, of all sessions.
    func sessionRecords() throws -> [SessionRecord] {
        try self.withRecords { $0.values.flatMap(\.values) }.compactMap { message in
            guard case .record(let record) = try ClusterMessage<SessionEntry>(reading: message).body else { return nil }
            return record
        }
    }
}

/// How one server sees the journal. It reads up to three entries at a time.
final class JournalSide: RecoveryJournal {
    private struct State {
        var position: JournalOffset?
        var isHeld = false
        /// Nil: entries are appended at once.
        var held: [(message: ByteBuffer, channel: String)]?
        var waiting: [Int: (offset: JournalOffset, continuation: CheckedContinuation<Void, Never>)] = [:]
        var lastWait = 0
    }

    let maxRead = 10_000
    let isAvailable = true
    private let journal: MemoryJournal
    private let state = NIOLockedValueBox(State())
    private let work: AsyncStream<Void>
    let alarm: AsyncStream<Void>.Continuation

    init(_ journal: MemoryJournal) {
        self.journal = journal
        (self.work, self.alarm) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    deinit { self.alarm.finish() }

    var position: JournalOffset? { self.state.withLockedValue { $0.position } }
    /// How many wait for entries.
    var waitCount: Int { self.state.withLockedValue { $0.waiting.count } }

    /// Whether nothing is read, as over a slow connection.
    var isHeld: Bool {
        get { self.state.withLockedValue { $0.isHeld } }
        set {
            self.state.withLockedValue { $0.isHeld = newValue }
            self.alarm.yield()
        }
    }

    /// How many entries wait to be appended.
    var heldCount: Int { self.state.withLockedValue { $0.held?.count ?? 0 } }

    /// What is appended waits from now on.
    func holdEntries() { self.state.withLockedValue { $0.held = [] } }

    func releaseEntries() {
        self.state.withLockedValue { state in
            for entry in state.held.take() ?? [] { self.journal.append(entry.message, to: entry.channel) }
        }
    }

    func read(_ receive: @escaping @Sendable (_ entries: [JournalEntry], _ position: JournalOffset) -> Void) {
        let start = self.journal.end
        receive([], start)
        self.move(to: start)
        let work = self.work
        Task { [weak self] in
            for await _ in work {
                while let entries = self?.nextEntries(), let last = entries.last?.offset {
                    receive(entries, last)
                    self?.move(to: last)
                }
            }
        }
        self.alarm.yield()
    }

    private func nextEntries() -> [JournalEntry]? {
        self.state.withLockedValue { $0.isHeld ? nil : $0.position }.map { self.journal.entries(after: $0, count: 3) }
    }

    private func move(to position: JournalOffset) {
        let reached = self.state.withLockedValue { state in
            state.position = position
            let reached = state.waiting.filter { $0.value.offset <= position }
            for wait in reached.keys { state.waiting[wait] = nil }
            return reached.values
        }
        for (_, continuation) in reached { continuation.resume() }
    }

    func reach(_ offset: JournalOffset) async {
        let wait = self.state.withLockedValue { state in
            state.lastWait += 1
            return state.lastWait
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isThere = self.state.withLockedValue { state in
                    if Task.isCancelled || state.position ?? .zero >= offset { return true }
                    state.waiting[wait] = (offset, continuation)
                    return false
                }
                if isThere { continuation.resume() }
            }
        } onCancel: {
            self.state.withLockedValue { $0.waiting.removeValue(forKey: wait) }?.continuation.resume()
        }
    }

    func append(_ message: ByteBuffer, to channel: String) {
        self.state.withLockedValue { state in
            if state.held != nil {
                state.held?.append((message, channel))
            } else {
                self.journal.append(message, to: channel)
            }
        }
    }

    func entries(after offset: JournalOffset, since start: JournalOffset) async throws -> JournalPage? {
        guard start <= self.journal.end else { return nil }
        let entries = self.journal.entries(after: offset, count: 32)
        return JournalPage(
            entries: entries, last: entries.last?.offset, count: entries.count, isLast: entries.count < 32)
    }

    // MARK: Records of sessions

    func save(_ record: ByteBuffer, of session: String, holder: String, timeToLive: Duration) {
        self.journal.withRecords { $0[session, default: [:]][holder] = record }
    }

    func remove(_ session: String, holder: String) {
        self.journal.withRecords { $0[session]?[holder] = nil }
    }

    func records(of session: String) async throws -> [ByteBuffer] {
        self.journal.withRecords { $0[session].map { Array($0.values) } ?? [] }
    }

    func take(
        _ session: String, leaving record: ByteBuffer, holder: String, timeToLive: Duration
    ) async throws -> [ByteBuffer] {
        self.journal.withRecords { records in
            defer { records[session] = [holder: record] }
            return records[session].map { Array($0.values) } ?? []
        }
    }

    func settle(_ session: String) async throws {}
}

/// A bus with a journal beside it.
struct JournalledBus: DurableBus {
    let bus: any ClusterBus
    let journal: (any RecoveryJournal)?

    func publish(_ message: ByteBuffer, to channel: String) { self.bus.publish(message, to: channel) }

    func subscribe(
        to channel: String, _ receive: @escaping @Sendable (_ message: ByteBuffer) -> Void
    ) -> ClusterSubscription {
        self.bus.subscribe(to: channel, receive)
    }
}
