// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers
internal import NIOCore

/// The channels of the rooms of a namespace: the subscriptions to those of rooms that have members on this server, and
/// which channels cannot be relied on.
final class RoomChannels: Sendable {
    /// For how long a room's channel is not used after this server has put sockets of other servers into the room, which
    /// subscribe then, if they have not yet.
    private static let settlingTime = TimeAmount.seconds(5)
    private static let settlingLimit = 10_000

    /// Nil once all have been cancelled.
    private let subscriptions = NIOLockedValueBox<[String: ClusterSubscription]?>([:])
    private let settling = NIOLockedValueBox(Settling())
    private let subscribe: @Sendable (_ room: String) -> ClusterSubscription?

    private struct Settling {
        var rooms: [String: NIODeadline] = [:]
        /// Until then the channel of no room is used, because there are too many rooms to list.
        var all = NIODeadline.uptimeNanoseconds(0)
    }

    /// - Parameter subscribe: returns nil for a room without a channel.
    init(_ subscribe: @escaping @Sendable (_ room: String) -> ClusterSubscription?) {
        self.subscribe = subscribe
    }

    /// A room has its first member here, or has none any more. Called in order.
    func room(_ name: String, hasMembers: Bool) {
        guard hasMembers else {
            self.subscriptions.withLockedValue { $0?.removeValue(forKey: name) }?.cancel()
            return
        }
        // Rooms that were there before are told of twice, when two tell of them.
        guard self.subscriptions.withLockedValue({ $0 != nil && $0?[name] == nil }),
            let subscription = self.subscribe(name)
        else { return }
        let isIn = self.subscriptions.withLockedValue { subscriptions in
            subscriptions?[name] = subscription
            return subscriptions != nil
        }
        if !isIn { subscription.cancel() }
    }

    /// Other servers are told to put sockets into rooms.
    func willJoin(_ rooms: [String], now: NIODeadline = .now()) {
        self.settling.withLockedValue { settling in
            if settling.rooms.count + rooms.count > Self.settlingLimit {
                settling.rooms = settling.rooms.filter { $0.value > now }
            }
            guard settling.rooms.count + rooms.count <= Self.settlingLimit else {
                settling = Settling(all: now + Self.settlingTime)
                return
            }
            for room in rooms { settling.rooms[room] = now + Self.settlingTime }
        }
    }

    /// Whether all servers where a room has members can be expected to have subscribed to its channel.
    func isSettled(_ room: String, now: NIODeadline = .now()) -> Bool {
        self.settling.withLockedValue { settling in
            if settling.all > now { return false }
            guard let end = settling.rooms[room] else { return true }
            if end <= now { settling.rooms[room] = nil }
            return end <= now
        }
    }

    func cancel() {
        let subscriptions = self.subscriptions.withLockedValue { $0.take() } ?? [:]
        for subscription in subscriptions.values { subscription.cancel() }
    }
}
