// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOConcurrencyHelpers
internal import NIOCore

/// The records of sessions: for each session a hash, with a field for each server that has had the session. Usually that
/// is one; a server that did not know that it was over may write its field again, which harms nobody.
///
/// What is to be written waits, at most one record of each session, until Redis has taken it.
final class SessionRecords: Sendable {
    private struct Write {
        let session: String
        let holder: String
        /// Nil: the record is to be removed.
        let record: ByteBuffer?
        let milliseconds: Int
        /// When nobody needs it any more.
        let expiry: NIODeadline
    }

    private struct State {
        /// By session.
        var waiting: [String: Write] = [:]
        /// The sessions in order; some are not waiting any more.
        var order = Deque<String>()
        /// What Redis has not answered to.
        var sending: Set<String> = []
        /// Resumed after each batch.
        var settling: [CheckedContinuation<Void, Never>] = []
        var task: Task<Void, Never>?
        var hasStopped = false

        func isWriting(_ session: String) -> Bool {
            self.waiting[session] != nil || self.sending.contains(session)
        }

        mutating func takeSettling() -> [CheckedContinuation<Void, Never>] {
            defer { self.settling = [] }
            return self.settling
        }
    }

    private static let batchCount = 128
    private static let timeout = Duration.seconds(10)
    /// Past this number of records that wait, the oldest are not written.
    private static let limit = 200_000

    private let prefix: String
    private let client: RedisClient
    private let state = NIOLockedValueBox(State())
    private let work: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init(prefix: String, _ client: RedisClient) {
        self.prefix = prefix
        self.client = client
        (self.work, self.wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func stop() {
        let (task, settling) = self.state.withLockedValue { state in
            state.hasStopped = true
            return (state.task, state.takeSettling())
        }
        self.wake.finish()
        task?.cancel()
        for continuation in settling { continuation.resume() }
    }

    private func key(_ session: String) -> RedisCommand.Argument { .string("\(self.prefix):session:\(session)") }

    // MARK: Reading

    func read(_ session: String, timeout: Duration) async throws -> [ByteBuffer] {
        let answer = try await self.client.send(
            [RedisCommand("HVALS", self.key(session))], waitingForConnection: timeout)
        return try answer[0].records()
    }

    /// Reads all, and leaves one record, in one step.
    func take(
        _ session: String,
        leaving record: ByteBuffer,
        holder: String,
        timeToLive: Duration,
        timeout: Duration
    ) async throws -> [ByteBuffer] {
        let key = self.key(session)
        let commands = [
            RedisCommand("MULTI"), RedisCommand("HVALS", key), RedisCommand("DEL", key),
            RedisCommand("HSET", key, .string(holder), .bytes(record)),
            RedisCommand("PEXPIRE", key, "\(timeToLive.inMilliseconds)"), RedisCommand("EXEC"),
        ]
        let answers = try await self.client.send(commands, waitingForConnection: timeout)
        guard let answer = answers.last, let results = answer.elements, results.count == 4 else {
            throw RedisError(.refused, answers.last.map { "\($0)" } ?? "")
        }
        return try results[0].records()
    }

    // MARK: Writing

    /// - Parameter record: nil to remove it.
    func write(_ record: ByteBuffer?, of session: String, holder: String, timeToLive: Duration) {
        let time = TimeAmount(timeToLive)
        // That a record is removed matters as long as the record can live.
        let expiry = NIODeadline.now() + (record == nil ? .minutes(10) : time)
        let write = Write(
            session: session, holder: holder, record: record, milliseconds: timeToLive.inMilliseconds, expiry: expiry)
        self.state.withLockedValue { state in
            guard !state.hasStopped else { return }
            if state.waiting.updateValue(write, forKey: session) == nil { state.order.append(session) }
            while state.waiting.count > Self.limit, let oldest = state.order.popFirst() { state.waiting[oldest] = nil }
            if state.task == nil { state.task = Task { await self.run() } }
        }
        self.wake.yield()
    }

    /// Waits until what is to be written of a session is written.
    func settle(_ session: String, timeout: Duration) async throws {
        let deadline = ContinuousClock.now + timeout
        while self.state.withLockedValue({ $0.isWriting(session) && !$0.hasStopped }) {
            guard ContinuousClock.now < deadline else {
                throw RedisError(.timedOut, "Redis did not take a record within \(timeout)")
            }
            await self.nextBatch(while: { $0.isWriting(session) })
        }
    }

    /// Waits until everything is written.
    func flush(timeout: Duration) async {
        let deadline = ContinuousClock.now + timeout
        func isWriting(_ state: State) -> Bool { !state.waiting.isEmpty || !state.sending.isEmpty }
        while ContinuousClock.now < deadline, self.state.withLockedValue({ isWriting($0) && !$0.hasStopped }) {
            await self.nextBatch(while: isWriting)
        }
    }

    /// Waits until the next batch is over, well or not.
    private func nextBatch(while isNeeded: (State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let waits = self.state.withLockedValue { state in
                guard isNeeded(state), !state.hasStopped else { return false }
                state.settling.append(continuation)
                return true
            }
            if !waits { continuation.resume() }
        }
    }

    private func run() async {
        for await _ in self.work {
            while !Task.isCancelled, case let batch = self.takeBatch(), !batch.isEmpty {
                let failure = await self.send(batch)
                let settling = self.state.withLockedValue { state in
                    state.sending = []
                    if failure { Self.putBack(batch, &state) }
                    return state.takeSettling()
                }
                for continuation in settling { continuation.resume() }
                if failure { try? await Task.sleep(for: .milliseconds(100)) }
            }
        }
    }

    private func takeBatch() -> [Write] {
        self.state.withLockedValue { state in
            var batch: [Write] = []
            let now = NIODeadline.now()
            while batch.count < Self.batchCount, let session = state.order.popFirst() {
                guard let write = state.waiting.removeValue(forKey: session), write.expiry > now else { continue }
                batch.append(write)
            }
            state.sending = Set(batch.map(\.session))
            return batch
        }
    }

    /// - Returns: whether Redis has not answered.
    private func send(_ batch: [Write]) async -> Bool {
        var commands: [RedisCommand] = []
        for write in batch {
            let key = self.key(write.session)
            if let record = write.record {
                commands.append(RedisCommand("HSET", key, .string(write.holder), .bytes(record)))
                commands.append(RedisCommand("PEXPIRE", key, "\(write.milliseconds)"))
            } else {
                commands.append(RedisCommand("HDEL", key, .string(write.holder)))
            }
        }
        do {
            for case .error(let message) in try await self.client.send(commands, waitingForConnection: Self.timeout) {
                self.client.report(.refused(command: "HSET", message: message))
            }
            return false
        } catch {
            return true
        }
    }

    /// What was written anew meanwhile stays.
    private static func putBack(_ batch: [Write], _ state: inout State) {
        for write in batch.reversed() where state.waiting[write.session] == nil {
            state.waiting[write.session] = write
            state.order.prepend(write.session)
        }
    }
}

extension Duration {
    /// As Redis takes a time to live.
    fileprivate var inMilliseconds: Int { max(1, Int(TimeAmount(self).nanoseconds / 1_000_000)) }
}

extension RESPValue {
    fileprivate func records() throws -> [ByteBuffer] {
        if case .error(let message) = self { throw RedisError(.refused, message) }
        return self.elements?.compactMap(\.bytes) ?? []
    }
}
