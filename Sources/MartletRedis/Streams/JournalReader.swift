// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEvents
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Reads a stream from its end on, for as long as the server lives. It has a connection of its own, since it keeps Redis
/// waiting.
final class JournalReader: Sendable {
    typealias Receive = @Sendable (_ entries: [StreamEntry], _ position: JournalOffset) -> Void

    private static let maxCount = 128
    private static let blockTime = Duration.seconds(5)

    private struct State {
        var position: JournalOffset?
        var waiting: [Int: (offset: JournalOffset, continuation: CheckedContinuation<Void, Never>)] = [:]
        var lastWait = 0
        var task: Task<Void, Never>?
        var hasStopped = false
    }

    private let stream: RedisStream
    private let client: RedisClient
    private let state = NIOLockedValueBox(State())

    init(_ stream: RedisStream, _ client: RedisClient) {
        self.stream = stream
        self.client = client
    }

    var position: JournalOffset? { self.state.withLockedValue { $0.position } }

    /// - Parameters:
    ///   - reporter: tells the application what happens.
    ///   - receive: called with all entries, and first with none, when it is known where to begin.
    func start(reportingTo reporter: RedisClient, _ receive: @escaping Receive) {
        let task = Task { await self.run(reporter, receive) }
        let isOver = self.state.withLockedValue { state in
            state.task = task
            return state.hasStopped
        }
        if isOver { task.cancel() }
    }

    func stop() {
        let (task, waiting) = self.state.withLockedValue { state in
            state.hasStopped = true
            defer { state.waiting = [:] }
            return (state.task, state.waiting.values)
        }
        task?.cancel()
        self.client.abort()
        for (_, continuation) in waiting { continuation.resume() }
    }

    /// Waits until everything up to an entry has been read, the reader has stopped, or the task is cancelled.
    func reach(_ offset: JournalOffset) async {
        let wait = self.state.withLockedValue { state in
            state.lastWait += 1
            return state.lastWait
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isThere = self.state.withLockedValue { state in
                    if state.hasStopped || Task.isCancelled { return true }
                    if let position = state.position, position >= offset { return true }
                    state.waiting[wait] = (offset, continuation)
                    return false
                }
                if isThere { continuation.resume() }
            }
        } onCancel: {
            self.state.withLockedValue { $0.waiting.removeValue(forKey: wait) }?.continuation.resume()
        }
    }

    private func moved(to position: JournalOffset) {
        let reached = self.state.withLockedValue { state in
            state.position = position
            let reached = state.waiting.filter { $0.value.offset <= position }
            for wait in reached.keys { state.waiting[wait] = nil }
            return reached.values
        }
        for (_, continuation) in reached { continuation.resume() }
    }

    // MARK: Reading

    private func run(_ reporter: RedisClient, _ receive: @escaping Receive) async {
        var position: JournalOffset?
        var count = Self.maxCount
        var isLate = false
        var pause = Duration.milliseconds(10)
        while !Task.isCancelled {
            do {
                guard let known = position else {
                    // Never `$`, which would be another place at each try.
                    let start = try await self.findEnd()
                    position = start
                    receive([], start)
                    self.moved(to: start)
                    continue
                }
                let answer = try await self.client.send(
                    self.stream.read(
                        after: known, count: count, milliseconds: Int(Self.blockTime / .milliseconds(1))),
                    patience: Self.blockTime)
                pause = .milliseconds(10)
                let page = answer.elements?.last?.streamEntries ?? []
                let entries = page.compactMap(StreamEntry.init)
                guard let last = entries.last?.entry.offset else {
                    if try await self.isReplaced(known) {
                        reporter.report(.entriesMissed(after: known.description))
                        position = try await self.findEnd()
                    }
                    continue
                }
                // Only a reader that lags behind can be overtaken by the trimming.
                if isLate || entries.count == count, try await !self.contains(known) {
                    reporter.report(.entriesMissed(after: known.description))
                }
                isLate = false
                receive(entries, last)
                position = last
                self.moved(to: last)
                count = min(count * 2, Self.maxCount)
            } catch {
                // Entries may be too long to be read all at once.
                if (error as? RedisError)?.code == .protocolViolation { count = max(count / 4, 1) }
                isLate = true
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(1))
            }
        }
    }

    private func contains(_ offset: JournalOffset) async throws -> Bool {
        try await self.client.send(self.stream.contains(offset)).elements?.isEmpty == false
    }

    /// The last entry; a mark where there was none.
    private func findEnd() async throws -> JournalOffset {
        if let last = try await self.last() { return last }
        let answer = try await self.client.send(self.stream.add(StreamEntry.mark))
        guard let offset = answer.string.flatMap({ JournalOffset($0) }) else {
            throw RedisError(.protocolViolation, "an entry without an id")
        }
        return offset
    }

    /// Whether the stream ends before what has been read: somebody has deleted it, or Redis has lost it.
    private func isReplaced(_ position: JournalOffset) async throws -> Bool {
        guard let last = try await self.last() else { return true }
        return last < position
    }

    private func last() async throws -> JournalOffset? {
        try await self.client.send(self.stream.last).elements?.first.flatMap { StreamEntry($0)?.entry.offset }
    }

    /// The place of the last entry, read over another connection.
    func end(_ client: RedisClient, timeout: Duration) async throws -> JournalOffset? {
        let answer = try await client.send(self.stream.last, waitingForConnection: timeout)
        return answer.elements?.first.flatMap { StreamEntry($0)?.entry.offset }
    }
}

extension RESPValue {
    /// The entries in the answer to `XREAD`: of a map its only value; as RESP2 writes it, the second of a pair.
    fileprivate var streamEntries: [RESPValue]? {
        guard let elements = self.elements else { return nil }
        if let name = elements.first, name.bytes != nil { return elements.last?.elements }
        return elements
    }
}
