// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Atomics
internal import DequeModule
internal import MartletEngine
internal import MartletEvents
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Appends entries to a stream, in order, each once.
///
/// Where the stream is read, an entry waits here until the reader has come to it. When the connection was lost, it is not
/// known which of the entries that were sent are in the stream: so the reader reads on to the end, and those that it has
/// not met are sent again.
final class JournalWriter: Sendable {
    private struct Entry {
        let number: UInt64
        let command: RedisCommand

        var size: Int { self.command.bytes.readableBytes }
    }

    private struct State {
        var entries = Deque<Entry>()
        var size = 0
        /// How many of them have been sent.
        var sent = 0
        /// How many of these Redis has taken.
        var confirmed = 0
        var lastNumber: UInt64 = 0
        /// How many were dropped, or refused, since ``JournalWriter/flush(timeout:)`` asked last.
        var lost = 0
        var isRead = false
        var isAvailable = true
        var task: Task<Void, Never>?
        var hasStopped = false
        var flushes: [CheckedContinuation<Void, Never>] = []

        mutating func removeFirst() {
            guard let first = self.entries.popFirst() else { return }
            self.size -= first.size
            self.sent = max(0, self.sent - 1)
            self.confirmed = max(0, self.confirmed - 1)
        }
    }

    private static let batchCount = 256
    private static let batchSize = 4 << 20
    private static let timeout = Duration.seconds(10)

    /// What the writer calls itself in the stream.
    let id = SessionID(shard: 0).description
    private let stream: RedisStream
    private let client: RedisClient
    private let reader: JournalReader
    private let limit: Int
    private let state = NIOLockedValueBox(State())
    private let work: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init(_ stream: RedisStream, _ client: RedisClient, _ reader: JournalReader, limit: Int) {
        self.stream = stream
        self.client = client
        self.reader = reader
        self.limit = limit
        (self.work, self.wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// False once an attempt to append has failed, until one has not.
    var isAvailable: Bool { self.state.withLockedValue { $0.isAvailable && $0.task != nil && !$0.hasStopped } }

    /// From now on entries wait until the reader has met them. Called before the first is appended.
    func waitsForReader() {
        self.state.withLockedValue { $0.isRead = true }
        self.start()
    }

    private func start() {
        self.state.withLockedValue { state in
            if state.task == nil, !state.hasStopped { state.task = Task { await self.run() } }
        }
    }

    func stop() {
        let (task, flushes) = self.state.withLockedValue { state in
            state.hasStopped = true
            defer { state.flushes = [] }
            return (state.task, state.flushes)
        }
        self.wake.finish()
        task?.cancel()
        for flush in flushes { flush.resume() }
    }

    func append(_ message: ByteBuffer, to channel: String) {
        let dropped = self.state.withLockedValue { state -> (count: Int, size: Int) in
            state.lastNumber += 1
            let fields = StreamEntry.fields(
                channel: channel, sender: self.id, number: state.lastNumber, message: message)
            let entry = Entry(number: state.lastNumber, command: self.stream.add(fields))
            state.entries.append(entry)
            state.size += entry.size
            return Self.dropOldest(&state, self.limit)
        }
        if dropped.count > 0 { self.client.report(.dropped(messages: dropped.count, bytes: dropped.size)) }
        self.start()
        self.wake.yield()
    }

    /// Of those that were not sent, the oldest go. One entry may be longer than the limit.
    private static func dropOldest(_ state: inout State, _ limit: Int) -> (count: Int, size: Int) {
        var dropped = (count: 0, size: 0)
        while state.size > limit, state.entries.count > state.sent + 1 {
            let entry = state.entries.remove(at: state.sent)
            state.size -= entry.size
            state.lost += 1
            dropped.count += 1
            dropped.size += entry.size
        }
        return dropped
    }

    /// The reader has met an entry of this writer.
    func delivered(_ number: UInt64) {
        let flushes = self.state.withLockedValue { state in
            while let first = state.entries.first, first.number <= number { state.removeFirst() }
            return Self.takeFlushes(&state)
        }
        for flush in flushes { flush.resume() }
    }

    /// Waits until Redis has taken all entries.
    /// - Throws: a ``RedisError`` when it did not in time, or when entries were lost since the last call.
    func flush(timeout: Duration) async throws {
        let isDone = ManagedAtomic(false)
        let timer = self.client.eventLoop.scheduleTask(in: TimeAmount(timeout)) {
            let flushes = self.state.withLockedValue { state in
                defer { state.flushes = [] }
                return state.flushes
            }
            isDone.store(true, ordering: .relaxed)
            for flush in flushes { flush.resume() }
        }
        defer { timer.cancel() }
        while !isDone.load(ordering: .relaxed) {
            let (isEmpty, lost) = self.state.withLockedValue { state -> (Bool, Int) in
                guard state.confirmed == state.entries.count || state.hasStopped else { return (false, 0) }
                defer { state.lost = 0 }
                return (true, state.lost)
            }
            if lost > 0 { throw RedisError(.messagesLost, "\(lost)") }
            if isEmpty { return }
            await withCheckedContinuation { continuation in
                let waits = self.state.withLockedValue { state in
                    if isDone.load(ordering: .relaxed) || state.confirmed == state.entries.count { return false }
                    state.flushes.append(continuation)
                    return true
                }
                if !waits { continuation.resume() }
            }
        }
        throw RedisError(.timedOut, "Redis did not answer within \(timeout)")
    }

    private static func takeFlushes(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        guard state.confirmed == state.entries.count else { return [] }
        defer { state.flushes = [] }
        return state.flushes
    }

    // MARK: Sending

    private func run() async {
        // What is appended before the reader knows where to begin, it would not meet.
        if self.state.withLockedValue({ $0.isRead }) { await self.reader.reach(.zero) }
        for await _ in self.work {
            while !Task.isCancelled, case let batch = self.takeBatch(), !batch.isEmpty {
                do {
                    let answers = try await self.client.send(batch, waitingForConnection: Self.timeout)
                    for case .error(let message) in answers where message.isForNow {
                        throw RedisError(.refused, message)
                    }
                    self.confirm(answers)
                } catch {
                    self.state.withLockedValue { $0.isAvailable = false }
                    await self.beginAnew()
                }
            }
        }
    }

    private func takeBatch() -> [RedisCommand] {
        self.state.withLockedValue { state in
            var batch: [RedisCommand] = []
            var size = 0
            while state.sent < state.entries.count, batch.count < Self.batchCount, size < Self.batchSize {
                batch.append(state.entries[state.sent].command)
                size += state.entries[state.sent].size
                state.sent += 1
            }
            return batch
        }
    }

    private func confirm(_ answers: [RESPValue]) {
        var refusal: String?
        let flushes = self.state.withLockedValue { state in
            state.isAvailable = true
            for answer in answers {
                guard case .error(let message) = answer else { continue }
                refusal = message
                state.lost += 1
            }
            if state.isRead {
                // Of those that are confirmed now, the reader has met some.
                state.confirmed = state.sent
            } else {
                for _ in answers { state.removeFirst() }
                state.confirmed = state.sent
            }
            return Self.takeFlushes(&state)
        }
        for flush in flushes { flush.resume() }
        if let refusal { self.client.report(.refused(command: "XADD", message: refusal)) }
    }

    /// The connection was lost, or Redis takes nothing at the moment.
    private func beginAnew() async {
        guard self.state.withLockedValue({ $0.isRead }) else {
            let lost = self.state.withLockedValue { state in
                let lost = state.sent
                for _ in 0..<lost { state.removeFirst() }
                state.lost += lost
                return lost
            }
            return self.client.report(.unconfirmed(messages: lost))
        }
        var pause = Duration.milliseconds(20)
        while !Task.isCancelled {
            try? await Task.sleep(for: pause)
            do {
                if let end = try await self.reader.end(self.client, timeout: Self.timeout) {
                    await self.reader.reach(end)
                }
                return self.state.withLockedValue { state in
                    state.sent = 0
                    state.confirmed = 0
                }
            } catch {
                pause = min(pause * 2, .seconds(1))
            }
        }
    }
}

extension String {
    /// Whether Redis says that it may take the same command later, as while it becomes another's replica.
    fileprivate var isForNow: Bool {
        ["LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "NOREPLICAS", "MISCONF", "OOM", "BUSY"].contains {
            self.hasPrefix($0 + " ")
        }
    }
}
