// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
public import MartletEvents
internal import NIOConcurrencyHelpers
public import NIOCore

/// A bus in memory, on which several servers of one test are a cluster.
///
/// ```swift
/// let bus = InProcessBus()
/// let (first, second) = (SocketIOServer(), SocketIOServer())
/// first.cluster(bus)
/// second.cluster(bus)
/// ```
///
/// A message has been received by all subscriptions, the oldest first, when ``publish(_:to:)`` returns, unless another
/// thread is delivering messages at the same time, or the call is made by a subscription.
public final class InProcessBus: ClusterBus {
    private let broker: Broker
    private let cut = NIOLockedValueBox(false)

    /// A bus with nobody on it yet.
    public convenience init() {
        self.init(Broker())
    }

    private init(_ broker: Broker) {
        self.broker = broker
    }

    /// Another connection to the same bus, which can be cut by itself.
    public func connection() -> InProcessBus { InProcessBus(self.broker) }

    /// Whether those who use this connection are cut off: what they publish is lost, and they receive nothing.
    public var isCut: Bool {
        get { self.cut.withLockedValue { $0 } }
        set { self.cut.withLockedValue { $0 = newValue } }
    }

    /// How many subscriptions all connections have together.
    public var subscriptionCount: Int { self.broker.count }

    public func publish(_ message: ByteBuffer, to channel: String) {
        if !self.isCut { self.broker.publish(message, to: channel) }
    }

    public func subscribe(
        to channel: String,
        _ receive: @escaping @Sendable (_ message: ByteBuffer) -> Void
    ) -> ClusterSubscription {
        let cut = self.cut
        return self.broker.subscribe(to: channel) { message in
            if !cut.withLockedValue({ $0 }) { receive(message) }
        }
    }
}

/// The subscriptions of all connections.
private final class Broker: Sendable {
    private struct State {
        var channels: [String: [(id: Int, subscriber: Subscriber)]] = [:]
        var lastID = 0
    }

    private let state = NIOLockedValueBox(State())

    var count: Int { self.state.withLockedValue { $0.channels.values.reduce(0) { $0 + $1.count } } }

    func publish(_ message: ByteBuffer, to channel: String) {
        // All get the message under one lock, so that all have the messages of a channel in the same order.
        let subscribers = self.state.withLockedValue { state in
            let subscribers = state.channels[channel, default: []].map(\.subscriber)
            for subscriber in subscribers { subscriber.enqueue(message) }
            return subscribers
        }
        for subscriber in subscribers { subscriber.deliver() }
    }

    func subscribe(to channel: String, _ receive: @escaping @Sendable (ByteBuffer) -> Void) -> ClusterSubscription {
        let id = self.state.withLockedValue { state in
            state.lastID += 1
            state.channels[channel, default: []].append((state.lastID, Subscriber(receive)))
            return state.lastID
        }
        return ClusterSubscription { self.cancel(id, of: channel) }
    }

    private func cancel(_ id: Int, of channel: String) {
        let removed = self.state.withLockedValue { state in
            let subscribers = state.channels.removeValue(forKey: channel) ?? []
            let rest = subscribers.filter { $0.id != id }
            if !rest.isEmpty { state.channels[channel] = rest }
            return subscribers.first { $0.id == id }?.subscriber
        }
        removed?.stop()
    }
}

/// Calls a subscription with one message at a time.
private final class Subscriber: Sendable {
    private struct State {
        var messages = Deque<ByteBuffer>()
        var isDelivering = false
        var isStopped = false
    }

    private let state = NIOLockedValueBox(State())
    private let receive: @Sendable (ByteBuffer) -> Void

    init(_ receive: @escaping @Sendable (ByteBuffer) -> Void) {
        self.receive = receive
    }

    func enqueue(_ message: ByteBuffer) {
        self.state.withLockedValue { if !$0.isStopped { $0.messages.append(message) } }
    }

    /// Delivers what is enqueued, unless a caller is at it: then that one does.
    func deliver() {
        let isFirst = self.state.withLockedValue { state in
            defer { state.isDelivering = true }
            return !state.isDelivering
        }
        guard isFirst else { return }
        while let message = self.next() { self.receive(message) }
    }

    private func next() -> ByteBuffer? {
        self.state.withLockedValue { state in
            let message = state.messages.popFirst()
            if message == nil { state.isDelivering = false }
            return message
        }
    }

    func stop() {
        self.state.withLockedValue { state in
            state.isStopped = true
            state.messages = []
        }
    }
}
