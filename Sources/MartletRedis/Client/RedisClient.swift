// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import MartletEvents
internal import NIOConcurrencyHelpers
package import NIOCore

/// A client of one Redis server, which makes a new connection whenever it has lost one. It can be used from any thread.
///
/// Messages are published, and subscriptions kept, whether there is a connection or not. A command is sent on the
/// connection that there is, or is being made, and fails at once when there is none.
package final class RedisClient: Sendable {
    package let eventLoop: any EventLoop
    private let configuration: RedisConfiguration
    private let outbox: NIOLockedValueBox<Outbox>
    private let reporter: RedisReporter
    private let session: NIOLoopBoundBox<RedisSession>

    /// Begins to connect.
    /// - Throws: a ``RedisError`` when the URL or the configuration cannot be used.
    package init(url: String, configuration: RedisConfiguration = RedisConfiguration()) throws(RedisError) {
        let settings = try RedisSettings(url: url, configuration: configuration)
        let eventLoop = configuration.eventLoopGroup.next()
        let outbox = NIOLockedValueBox(Outbox())
        let reporter = RedisReporter(name: configuration.clientName)
        self.eventLoop = eventLoop
        self.configuration = configuration
        self.outbox = outbox
        self.reporter = reporter
        let session = NIOLoopBoundBox.makeBoxSendingValue(
            RedisSession(settings: settings, eventLoop: eventLoop, outbox: outbox, reporter: reporter),
            eventLoop: eventLoop)
        self.session = session
        eventLoop.execute { session.value.connect() }
    }

    deinit {
        let session = self.session
        self.eventLoop.execute { session.value.finish() }
    }

    /// Sets what is called with what happens, on the event loop.
    package func onEvent(_ hook: @escaping @Sendable (RedisEvent) -> Void) { self.reporter.setHook(hook) }

    // MARK: Publishing

    /// Publishes a message, soon. Returns at once.
    package func publish(_ content: ByteBuffer, to channel: String) {
        let message = OutgoingMessage(channel: channel, content: content)
        self.change { $0.append(message, limit: self.configuration.queueLimit) }
    }

    /// Waits until Redis has taken all that was published before.
    /// - Throws: a ``RedisError`` when it did not within the timeout, or when messages were lost since the last call.
    package func flush(timeout: Duration) async throws {
        _ = try await self.send(RedisCommand("PING"), waitingForConnection: timeout)
        let lost = self.outbox.withLockedValue { outbox in
            defer { outbox.lostMessages = 0 }
            return outbox.lostMessages
        }
        if lost > 0 { throw RedisError(.messagesLost, "\(lost)") }
    }

    // MARK: Subscriptions

    /// Begins a subscription; several of one name are one for Redis.
    /// - Parameters:
    ///   - name: of a channel, or a pattern.
    ///   - receive: called with each message in order, on the event loop.
    package func subscribe(
        _ kind: SubscriptionKind = .channel,
        to name: String,
        _ receive: @escaping @Sendable (RedisMessage) -> Void
    ) -> ClusterSubscription {
        let subscriber = Subscriber(receive)
        let name = ByteBuffer(string: name)
        self.change { $0.changes.append(.add(subscriber, kind, name: name)) }
        return ClusterSubscription { [weak self] in
            guard subscriber.cancel() else { return }
            self?.change { $0.changes.append(.remove(subscriber, kind, name: name)) }
        }
    }

    // MARK: Commands

    /// Sends a command, and waits for the answer. Commands and messages that follow each other reach Redis in order, but
    /// messages do not wait for commands.
    /// - Parameters:
    ///   - patience: how long the command may keep Redis waiting on purpose, as `XREAD BLOCK` does. Others wait behind it,
    ///     so a command that blocks needs a client of its own.
    /// - Returns: the answer; never an error of Redis.
    /// - Throws: a ``RedisError``: `refused` with what Redis has answered, or one that says why there is no answer.
    package func send(_ command: RedisCommand, patience: Duration = .zero) async throws -> RESPValue {
        try await self.answer(to: PendingCommand(command, patience: TimeAmount(patience), waitsForConnection: false))
    }

    /// Sends a command, when there is a connection.
    /// - Parameter timeout: how long to wait for the connection and the answer.
    package func send(_ command: RedisCommand, waitingForConnection timeout: Duration) async throws -> RESPValue {
        let pending = PendingCommand(command, patience: .zero, waitsForConnection: true)
        let timer = self.eventLoop.scheduleTask(in: TimeAmount(timeout)) {
            pending.resolve(.failure(RedisError(.timedOut, "Redis did not answer within \(timeout)")))
        }
        defer { timer.cancel() }
        return try await self.answer(to: pending)
    }

    /// Sends commands one right after the other, with nothing in between, when there is a connection.
    /// - Parameter timeout: how long to wait for the connection and all answers.
    /// - Returns: the answers; an error of Redis is one of them.
    /// - Throws: a ``RedisError`` that says why there are no answers. Redis may have carried out some of the commands then.
    package func send(_ commands: [RedisCommand], waitingForConnection timeout: Duration) async throws -> [RESPValue] {
        let pending = commands.map { PendingCommand($0, patience: .zero, waitsForConnection: true) }
        let timer = self.eventLoop.scheduleTask(in: TimeAmount(timeout)) {
            for command in pending {
                command.resolve(.failure(RedisError(.timedOut, "Redis did not answer within \(timeout)")))
            }
        }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            self.change { $0.commands += pending }
            var answers: [RESPValue] = []
            for command in pending { answers.append(try await command.wait()) }
            return answers
        } onCancel: {
            for command in pending { command.resolve(.failure(CancellationError())) }
        }
    }

    /// Tells the application what happens besides.
    func report(_ event: RedisEvent) { self.reporter.report(event) }

    private func answer(to pending: PendingCommand) async throws -> RESPValue {
        let answer = try await withTaskCancellationHandler {
            self.change { $0.commands.append(pending) }
            return try await pending.wait()
        } onCancel: {
            pending.resolve(.failure(CancellationError()))
        }
        if case .error(let message) = answer { throw RedisError(.refused, message) }
        return answer
    }

    // MARK: End

    /// Sends what waits, if there is a connection, and closes it. Returns when that is done, after a second at the latest.
    /// What waits for answers then fails.
    package func close() async {
        _ = try? await self.send(RedisCommand("PING"), waitingForConnection: RedisSession.closingTime)
        let session = self.session
        _ = try? await self.eventLoop.submit { session.value.close() }.get()
    }

    /// Closes the connection, whatever it is doing.
    func abort() {
        let session = self.session
        self.eventLoop.execute { session.value.close() }
    }

    /// Changes what waits for the event loop, and tells the event loop, once for all changes that it has not seen.
    private func change(_ body: (inout Outbox) -> Void) {
        let isFirst = self.outbox.withLockedValue { outbox in
            body(&outbox)
            defer { outbox.isScheduled = true }
            return !outbox.isScheduled
        }
        guard isFirst else { return }
        let session = self.session
        self.eventLoop.execute { session.value.drain() }
    }
}
