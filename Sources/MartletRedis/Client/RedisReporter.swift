// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import MartletEngine
internal import Metrics
internal import NIOConcurrencyHelpers

/// Tells what happens: the hook of the application, the log under the label `martlet.redis`, and the metrics.
final class RedisReporter: Sendable {
    /// A struct around the closure: each reading of a bare one from a generic container wraps it once more, until a call
    /// overflows the stack.
    private struct Hook: Sendable {
        let call: @Sendable (RedisEvent) -> Void
    }

    private let hook = NIOLockedValueBox<Hook?>(nil)
    // One each, so that no kind of line keeps another out of the log.
    private let connections: ThrottledLogger
    private let failures: ThrottledLogger
    private let losses: ThrottledLogger
    private let publishedCount: Counter
    private let receivedCount: Counter
    private let droppedCount: Counter
    private let reconnectCount: Counter
    private let isConnected: Gauge

    /// - Parameter name: tells the clients of one process apart.
    init(name: String) {
        var logger = Logger(label: "martlet.redis")
        logger[metadataKey: "client"] = .string(name)
        self.connections = ThrottledLogger(logger)
        self.failures = ThrottledLogger(logger)
        self.losses = ThrottledLogger(logger)
        let dimensions = [("client", name)]
        self.publishedCount = Counter(label: "martlet_redis_published_messages_total", dimensions: dimensions)
        self.receivedCount = Counter(label: "martlet_redis_received_messages_total", dimensions: dimensions)
        self.droppedCount = Counter(label: "martlet_redis_dropped_messages_total", dimensions: dimensions)
        self.reconnectCount = Counter(label: "martlet_redis_reconnects_total", dimensions: dimensions)
        self.isConnected = Gauge(label: "martlet_redis_connected", dimensions: dimensions)
        self.isConnected.record(0)
    }

    func setHook(_ hook: @escaping @Sendable (RedisEvent) -> Void) {
        self.hook.withLockedValue { $0 = Hook(call: hook) }
    }

    func published(_ count: Int) { self.publishedCount.increment(by: count) }
    func received(_ count: Int) { self.receivedCount.increment(by: count) }
    func reconnected() { self.reconnectCount.increment() }

    func report(_ event: RedisEvent) {
        switch event {
        case .connected:
            self.isConnected.record(1)
            self.connections.log(level: .info) { "connected to Redis" }
        case .disconnected(let error):
            self.isConnected.record(0)
            self.failures.log(level: .warning) { "no connection to Redis: \(error)" }
        case .dropped(let messages, let bytes):
            self.droppedCount.increment(by: messages)
            self.losses.log(level: .warning) {
                "\(messages) messages (\(bytes) bytes) that waited for Redis are dropped"
            }
        case .unconfirmed(let messages):
            self.losses.log(level: .warning) { "Redis has not answered to \(messages) messages, and may not have them" }
        case .entriesMissed(let offset):
            self.losses.log(level: .error) { "what followed \(offset) was trimmed from the stream before it was read" }
        case .refused(let command, let message):
            self.losses.log(level: .error) { "Redis refuses \(command): \(message)" }
        }
        self.hook.withLockedValue { $0 }?.call(event)
    }
}
