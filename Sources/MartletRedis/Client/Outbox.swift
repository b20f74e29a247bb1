// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore

/// A message that is to be published.
struct OutgoingMessage: Sendable {
    let channel: String
    let content: ByteBuffer

    var size: Int { self.channel.utf8.count + self.content.readableBytes }
}

/// A subscription begins or ends.
enum SubscriptionChange: Sendable {
    case add(Subscriber, SubscriptionKind, name: ByteBuffer)
    case remove(Subscriber, SubscriptionKind, name: ByteBuffer)
}

/// What waits to be sent, put there by any thread. The event loop takes all of it at once.
struct Outbox: Sendable {
    private(set) var messages = Deque<OutgoingMessage>()
    private(set) var messageSize = 0
    var changes: [SubscriptionChange] = []
    var commands: [PendingCommand] = []
    /// The event loop has been told that there is something.
    var isScheduled = false
    /// What was dropped since the event loop asked last.
    private(set) var dropped = Dropped()
    /// How many messages were lost since ``RedisClient/flush(timeout:)`` asked last: dropped, refused by Redis, or
    /// sent without an answer.
    var lostMessages = 0

    struct Dropped: Sendable {
        var messages = 0
        var size = 0
    }

    mutating func append(_ message: OutgoingMessage, limit: Int) {
        self.messages.append(message)
        self.messageSize += message.size
        // What is newest matters most where events are real time. One message may be longer than the limit.
        while self.messageSize > limit, self.messages.count > 1, let oldest = self.messages.popFirst() {
            self.drop(oldest)
        }
    }

    mutating func takeMessages() -> Deque<OutgoingMessage> {
        defer {
            self.messages = []
            self.messageSize = 0
        }
        return self.messages
    }

    mutating func dropAll() {
        while let message = self.messages.popFirst() { self.drop(message) }
    }

    private mutating func drop(_ message: OutgoingMessage) {
        self.messageSize -= message.size
        self.dropped.messages += 1
        self.dropped.size += message.size
        self.lostMessages += 1
    }

    mutating func takeDropped() -> Dropped {
        defer { self.dropped = Dropped() }
        return self.dropped
    }
}
