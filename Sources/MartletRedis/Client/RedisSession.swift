// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix

/// What a client is on its event loop: the connection that it has, or waits for, and its subscriptions.
final class RedisSession {
    private enum Phase {
        case idle
        case connecting(RedisConnection)
        case connected(RedisConnection, since: NIODeadline)
        case waiting(Scheduled<Void>, RedisError)
        case closed
    }

    private let settings: RedisSettings
    private let eventLoop: any EventLoop
    private let outbox: NIOLockedValueBox<Outbox>
    private let reporter: RedisReporter
    private var phase = Phase.idle
    private var subscriptions = Subscriptions()
    private var wasConnected = false
    private var failures = 0
    private var receivedMessages = 0

    init(
        settings: RedisSettings,
        eventLoop: any EventLoop,
        outbox: NIOLockedValueBox<Outbox>,
        reporter: RedisReporter
    ) {
        self.settings = settings
        self.eventLoop = eventLoop
        self.outbox = outbox
        self.reporter = reporter
    }

    func connect() {
        if case .closed = self.phase { return }
        let connection = RedisConnection(settings: self.settings, owner: self, eventLoop: self.eventLoop)
        self.phase = .connecting(connection)
        let settings = self.settings
        let bound = NIOLoopBound(connection, eventLoop: self.eventLoop)
        let bootstrap = ClientBootstrap(group: self.eventLoop)
            .connectTimeout(TimeAmount(settings.configuration.connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls = try settings.makeTLSHandler() { try channel.pipeline.syncOperations.addHandler(tls) }
                    try channel.pipeline.syncOperations.addHandler(bound.value)
                }
            }
        let channel =
            switch settings.url.endpoint {
            case .host(let host, let port): bootstrap.connect(host: host, port: port)
            case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
            }
        channel.whenFailure { bound.value.close(RedisError(.notConnected, underlying: $0)) }
    }

    /// Waits, then connects anew.
    private func retry(after error: RedisError) {
        let delays = self.settings.configuration.retryDelays
        var delay = delays.lowerBound
        for _ in 0..<min(self.failures, 30) { delay = min(delay * 2, delays.upperBound) }
        self.failures += 1
        let most = max(TimeAmount(delay).nanoseconds, 2)
        let timer = self.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(.random(in: most / 2...most))) {
            self.connect()
        }
        self.phase = .waiting(timer, error)
        self.reporter.report(.disconnected(error))
        self.drain()
    }

    /// How long the end may wait for Redis.
    static let closingTime = Duration.seconds(1)

    /// Closes after what waits has been sent, without anybody waiting for that.
    func finish() {
        guard case .connected(let connection, _) = self.phase else { return self.close() }
        self.drain()
        // When a connection is closed before its answers are read, Redis may not read what came last.
        connection.send(RedisCommand("PING")) { _ in self.close() }
        connection.flush()
        self.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(Self.closingTime)) { self.close() }
    }

    func close() {
        let phase = self.phase
        self.phase = .closed
        switch phase {
        case .waiting(let timer, _): timer.cancel()
        case .connected(let connection, _), .connecting(let connection): connection.close(RedisError(.closed))
        case .idle, .closed: break
        }
        self.drain()
    }

    // MARK: Sending

    /// Sends what waits, as far as it can be sent now.
    func drain() {
        let changes = self.outbox.withLockedValue { outbox in
            outbox.isScheduled = false
            defer { outbox.changes = [] }
            return outbox.changes
        }
        self.apply(changes)
        switch self.phase {
        case .connected(let connection, _):
            self.send(on: connection)
            connection.flush()
        case .waiting(_, let error): self.failCommands(error, all: false)
        case .closed:
            self.outbox.withLockedValue { $0.dropAll() }
            self.failCommands(RedisError(.closed), all: true)
        case .idle, .connecting: break
        }
        let dropped = self.outbox.withLockedValue { $0.takeDropped() }
        if dropped.messages > 0 { self.reporter.report(.dropped(messages: dropped.messages, bytes: dropped.size)) }
    }

    private func send(on connection: RedisConnection) {
        // More waits here, where it is bounded, not in the channel.
        guard connection.isWritable else { return }
        let (messages, commands) = self.outbox.withLockedValue { outbox in
            defer { outbox.commands = [] }
            return (outbox.takeMessages(), outbox.commands)
        }
        if !messages.isEmpty {
            connection.publish(messages)
            self.reporter.published(messages.count)
        }
        for pending in commands where !pending.isResolved {
            connection.send(pending.command, patience: pending.patience) { answer in
                pending.resolve(answer.mapError { $0 })
            }
        }
    }

    private func failCommands(_ error: RedisError, all: Bool) {
        let failed = self.outbox.withLockedValue { outbox in
            let failed = outbox.commands.filter { all || !$0.waitsForConnection || $0.isResolved }
            outbox.commands.removeAll { all || !$0.waitsForConnection || $0.isResolved }
            return failed
        }
        for pending in failed { pending.resolve(.failure(error)) }
    }

    // MARK: Subscriptions

    private func apply(_ changes: [SubscriptionChange]) {
        var names: [SubscriptionCommand: [ByteBuffer]] = [:]
        for change in changes {
            switch change {
            case .add(let subscriber, let kind, let name):
                guard self.subscriptions.add(subscriber, kind, name) else { continue }
                names[SubscriptionCommand(kind: kind, subscribes: true), default: []].append(name)
            case .remove(let subscriber, let kind, let name):
                guard self.subscriptions.remove(subscriber, kind, name) else { continue }
                names[SubscriptionCommand(kind: kind, subscribes: false), default: []].append(name)
            }
        }
        guard case .connected(let connection, _) = self.phase else { return }
        // A name may have been added and removed; what counts is what it is now.
        for (command, names) in names {
            let names = names.filter { self.subscriptions.contains(command.kind, $0) == command.subscribes }
            connection.send(command, names)
        }
    }
}

extension RedisSession: RedisConnectionOwner {
    func connected(_ connection: RedisConnection) {
        guard case .connecting(connection) = self.phase else { return }
        self.phase = .connected(connection, since: .now())
        if self.wasConnected { self.reporter.reconnected() }
        self.wasConnected = true
        for kind in SubscriptionKind.allCases {
            connection.send(SubscriptionCommand(kind: kind, subscribes: true), self.subscriptions.names(kind))
        }
        self.drain()
        self.reporter.report(.connected)
    }

    func received(_ push: RedisPush) {
        switch push {
        case .message(let kind, let name, let message):
            self.receivedMessages += 1
            self.subscriptions.deliver(message, kind, name)
        case .confirmation(let command, let name):
            // Redis ends a subscription by itself when the shard of its channel moves, and when its ACL changes.
            guard !command.subscribes, self.subscriptions.contains(command.kind, name),
                case .connected(let connection, _) = self.phase
            else { return }
            connection.send(SubscriptionCommand(kind: command.kind, subscribes: true), [name])
            connection.flush()
        }
    }

    func receivedAll() {
        guard self.receivedMessages > 0 else { return }
        self.reporter.received(self.receivedMessages)
        self.receivedMessages = 0
    }

    func refused(_ command: String, _ message: String) {
        if command == "PUBLISH" { self.outbox.withLockedValue { $0.lostMessages += 1 } }
        self.reporter.report(.refused(command: command, message: message))
    }

    func becameWritable() { self.drain() }

    func closed(_ connection: RedisConnection, _ error: RedisError, unconfirmed: Int) {
        if unconfirmed > 0 {
            self.outbox.withLockedValue { $0.lostMessages += unconfirmed }
            self.reporter.report(.unconfirmed(messages: unconfirmed))
        }
        switch self.phase {
        case .connecting(connection): self.retry(after: error)
        case .connected(connection, let since):
            // A connection that ends at once is as good as none.
            let delays = self.settings.configuration.retryDelays
            if NIODeadline.now() - since >= TimeAmount(delays.upperBound) { self.failures = 0 }
            self.retry(after: error)
        case .idle, .connecting, .connected, .waiting, .closed: break
        }
    }
}

extension RedisConnection {
    fileprivate static func ~= (pattern: RedisConnection, connection: RedisConnection) -> Bool {
        pattern === connection
    }
}
