// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore

/// What Redis has to answer, in the order of the commands.
struct ExpectedReplies {
    typealias Handler = (Result<RESPValue, RedisError>) -> Void

    enum Expected {
        /// As many messages, one after the other, that were published. Nobody waits for these answers.
        case published(Int)
        /// - Parameter patience: how long the command may keep Redis waiting on purpose.
        case reply(Handler, patience: TimeAmount)
        /// As many confirmations, which are pushed, or one error for all names.
        case confirmations(Int, SubscriptionCommand, names: [ByteBuffer])
    }

    private var queue = Deque<Expected>()

    var isEmpty: Bool { self.queue.isEmpty }

    /// How long the command whose turn it is may keep Redis waiting.
    var patience: TimeAmount {
        if case .reply(_, let patience) = self.queue.first { patience } else { .zero }
    }

    mutating func append(_ expected: Expected) {
        if case .published(let more) = expected, case .published(let count) = self.queue.last {
            self.queue[self.queue.count - 1] = .published(count + more)
        } else {
            self.queue.append(expected)
        }
    }

    /// An answer has come.
    /// - Returns: what it answers; of several that were published, one. Nil when nothing was asked.
    mutating func answered() -> Expected? {
        guard let first = self.queue.first else { return nil }
        if case .published(let count) = first, count > 1 {
            self.queue[0] = .published(count - 1)
            return .published(1)
        }
        self.queue.removeFirst()
        return first
    }

    /// Redis has confirmed one channel.
    /// - Returns: whether that was expected.
    mutating func confirmed(_ command: SubscriptionCommand) -> Bool {
        guard case .confirmations(let count, command, let names) = self.queue.first else { return false }
        if count > 1 {
            self.queue[0] = .confirmations(count - 1, command, names: names)
        } else {
            self.queue.removeFirst()
        }
        return true
    }

    /// No more answers come.
    /// - Returns: how many messages may not have been published.
    mutating func fail(_ error: RedisError) -> Int {
        var published = 0
        let queue = self.queue
        self.queue = []
        for expected in queue {
            switch expected {
            case .published(let count): published += count
            case .reply(let handler, _): handler(.failure(error))
            case .confirmations: break
            }
        }
        return published
    }
}
