// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletMessagePack
import MartletTestSupport
import NIOConcurrencyHelpers
import NIOCore

@testable import MartletRedis

/// Channels in memory, which keep what was published.
final class InMemoryPubSub: PubSub {
    struct Message: Sendable {
        let channel: String
        let bytes: ByteBuffer

        /// What is in it, as the readers of the module read it.
        var value: ArgumentValue {
            (try? ArgumentValue(nodeMessage: bytes)) ?? (try? ArgumentValue(messagePack: bytes)) ?? .null
        }
    }

    private struct State {
        var subscribers: [Int: (channel: String, isPattern: Bool, receive: @Sendable (String, ByteBuffer) -> Void)] =
            [:]
        var lastID = 0
        var messages: [Message] = []
        var counts: [String: Int] = [:]
        var isAway = false
    }

    private let state = NIOLockedValueBox(State())

    struct Away: Error {}

    var messages: [Message] { self.state.withLockedValue { $0.messages } }
    var channels: [String] { self.state.withLockedValue { $0.subscribers.values.map(\.channel).sorted() } }

    func messages(on channel: String) -> [Message] { self.messages.filter { $0.channel == channel } }

    /// Waits for the first message on a channel for which something is so.
    func message(on channel: String, where isWanted: (ArgumentValue) -> Bool = { _ in true }) async throws
        -> ArgumentValue
    {
        try await eventually("a message on \(channel)") { self.messages(on: channel).contains { isWanted($0.value) } }
        return self.messages(on: channel).lazy.map(\.value).first(where: isWanted) ?? .null
    }

    /// Redis says so many have subscribed, instead of those here.
    func setSubscriberCount(_ count: Int?, of channel: String) {
        self.state.withLockedValue { $0.counts[channel] = count }
    }

    var isAway: Bool {
        get { self.state.withLockedValue { $0.isAway } }
        set { self.state.withLockedValue { $0.isAway = newValue } }
    }

    func publish(_ message: ByteBuffer, to channel: String) {
        let receivers = self.state.withLockedValue { state -> [@Sendable (String, ByteBuffer) -> Void] in
            guard !state.isAway else { return [] }
            state.messages.append(Message(channel: channel, bytes: message))
            return state.subscribers.sorted { $0.key < $1.key }.map(\.value).filter { subscriber in
                subscriber.isPattern
                    ? channel.hasPrefix(subscriber.channel.dropLast().replacing("\\", with: ""))
                    : channel == subscriber.channel
            }.map(\.receive)
        }
        for receive in receivers { receive(channel, message) }
    }

    func publish(hex: String, to channel: String) { self.publish(ByteBuffer(hex: hex), to: channel) }
    func publish(json: String, to channel: String) { self.publish(ByteBuffer(string: json), to: channel) }

    func subscribe(to channel: String, _ receive: @escaping @Sendable (ByteBuffer) -> Void) -> ClusterSubscription {
        self.subscribe(channel, isPattern: false) { receive($1) }
    }

    func subscribe(
        toPattern pattern: String, _ receive: @escaping @Sendable (String, ByteBuffer) -> Void
    ) -> ClusterSubscription {
        self.subscribe(pattern, isPattern: true, receive)
    }

    private func subscribe(
        _ channel: String, isPattern: Bool, _ receive: @escaping @Sendable (String, ByteBuffer) -> Void
    ) -> ClusterSubscription {
        let id = self.state.withLockedValue { state in
            state.lastID += 1
            state.subscribers[state.lastID] = (channel, isPattern, receive)
            return state.lastID
        }
        return ClusterSubscription { self.state.withLockedValue { $0.subscribers[id] = nil } }
    }

    func subscriberCount(of channel: String) async throws -> Int {
        try self.state.withLockedValue { state in
            if state.isAway { throw Away() }
            return state.counts[channel] ?? state.subscribers.values.count { $0.channel == channel && !$0.isPattern }
        }
    }
}
