// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import MartletEngine
internal import SocketIOWire

/// The events that wait for one socket, the last one of each key. Past a limit, of keys or of bytes, the oldest is
/// dropped.
final class LatestEvents {
    /// In the order in which the keys came.
    private var keys = Deque<String>()
    private var events: [String: EncodedPacket] = [:]
    private(set) var byteCount = 0
    private let maxKeys: Int
    private let maxBytes: Int

    init(maxKeys: Int, maxBytes: Int) {
        self.maxKeys = maxKeys
        self.maxBytes = maxBytes
    }

    /// - Parameter event: has memory of its own.
    func put(_ event: EncodedPacket, under key: String) {
        if let former = self.events.updateValue(event, forKey: key) {
            self.byteCount -= former.byteCount
        } else {
            self.keys.append(key)
        }
        self.byteCount += event.byteCount
        while self.keys.count > self.maxKeys || self.byteCount > self.maxBytes, let key = self.keys.popFirst() {
            if let dropped = self.events.removeValue(forKey: key) { self.byteCount -= dropped.byteCount }
        }
    }

    /// The events, the oldest key's first.
    var inOrder: [EncodedPacket] { self.keys.compactMap { self.events[$0] } }
}

extension Socket {
    /// Events sent through this emitter replace each other: while the client lags behind, only the last one of those with
    /// the same key waits. For what is out of date as soon as there is news of it, such as a position or a price:
    ///
    /// ```swift
    /// socket.latest(of: "price/\(symbol)").emit("price", symbol, price)
    /// ```
    ///
    /// The client gets the last event of each key for certain, as long as its connection or lossless session lives, and no
    /// more than ``SocketIOConfiguration/maxLatestEvents`` keys wait. An event that waited comes after others that
    /// were sent later. Events like this are no part of what ``ConnectionStateRecovery`` keeps.
    public func latest(of key: String) -> SocketEmitter { SocketEmitter(self).latest(of: key) }

    func send(_ event: EncodedPacket, _ flags: EmitFlags, latestOf key: String) {
        if self.shard.isCurrent() {
            self.sendLatest(event, key, flags)
        } else if !self.shard.queue.offer({ self.sendLatest(event, key, flags) }) {
            self.session.sendRefused()
        }
    }

    // MARK: On the loop

    /// Whether an event that replaces another is sent now. What is sent to a frozen session waits in its order.
    var takesLatest: Bool {
        self.phase == .connected && self.latest == nil && self.session.takesVolatile || self.phase == .frozen
    }

    /// Keeps an event until the client takes one.
    /// - Parameter event: has memory of its own.
    func keepLatest(_ event: EncodedPacket, _ key: String) {
        guard self.phase == .connected else { return }
        if let latest = self.latest { return latest.put(event, under: key) }
        let configuration = self.core.configuration
        let latest = LatestEvents(maxKeys: configuration.maxLatestEvents, maxBytes: configuration.engine.unsentLimit)
        latest.put(event, under: key)
        self.latest = latest
        self.session.whenTakesVolatile(owner: self) { outcome in
            if case .drained = outcome { self.sendLatest() } else { self.latest = nil }
        }
    }

    /// Sends what waits, whether or not the client takes it at once.
    func sendLatest() {
        guard let latest = self.latest.take() else { return }
        for event in latest.inOrder { self.deliver(event, EmitFlags()) }
    }

    private func sendLatest(_ event: EncodedPacket, _ key: String, _ flags: EmitFlags) {
        if self.isAway { return self.sendAway(event, flags) }
        if self.takesLatest { self.deliver(event, flags) } else { self.keepLatest(event.ownCopy(), key) }
    }
}
