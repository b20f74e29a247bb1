// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Atomics
internal import NIOCore

/// Who gets the messages of a subscription.
final class Subscriber: Sendable {
    private let receive: @Sendable (RedisMessage) -> Void
    private let isCancelled = ManagedAtomic(false)

    init(_ receive: @escaping @Sendable (RedisMessage) -> Void) {
        self.receive = receive
    }

    /// - Returns: whether it was not cancelled before.
    func cancel() -> Bool { !self.isCancelled.exchange(true, ordering: .relaxed) }

    func deliver(_ message: RedisMessage) {
        if !self.isCancelled.load(ordering: .relaxed) { self.receive(message) }
    }
}

/// The subscriptions of a client, whether there is a connection or not. Confined to the event loop.
struct Subscriptions {
    /// Names are compared byte by byte, as Redis does; strings may be equal without that.
    private var subscribers: [SubscriptionKind: [ByteBuffer: [Subscriber]]] = [:]

    /// - Returns: whether it is the first one of this name, so that Redis must be told.
    mutating func add(_ subscriber: Subscriber, _ kind: SubscriptionKind, _ name: ByteBuffer) -> Bool {
        self.subscribers[kind, default: [:]][name, default: []].append(subscriber)
        return self.subscribers[kind]?[name]?.count == 1
    }

    /// - Returns: whether it was the last one of this name.
    mutating func remove(_ subscriber: Subscriber, _ kind: SubscriptionKind, _ name: ByteBuffer) -> Bool {
        guard let index = self.subscribers[kind]?[name]?.firstIndex(where: { $0 === subscriber }) else { return false }
        self.subscribers[kind]?[name]?.remove(at: index)
        guard self.subscribers[kind]?[name]?.isEmpty == true else { return false }
        self.subscribers[kind]?[name] = nil
        return true
    }

    func deliver(_ message: RedisMessage, _ kind: SubscriptionKind, _ name: ByteBuffer) {
        for subscriber in self.subscribers[kind]?[name] ?? [] { subscriber.deliver(message) }
    }

    func contains(_ kind: SubscriptionKind, _ name: ByteBuffer) -> Bool { self.subscribers[kind]?[name] != nil }

    func names(_ kind: SubscriptionKind) -> [ByteBuffer] { self.subscribers[kind].map { Array($0.keys) } ?? [] }
}
