// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// The kinds of subscriptions that Redis has.
package enum SubscriptionKind: Hashable, Sendable, CaseIterable {
    case channel, shard, pattern

    fileprivate var prefix: String {
        switch self {
        case .channel: ""
        case .shard: "s"
        case .pattern: "p"
        }
    }
}

/// A command that begins or ends subscriptions.
struct SubscriptionCommand: Hashable {
    let kind: SubscriptionKind
    let subscribes: Bool

    /// As Redis writes it in what it pushes.
    var name: String { self.kind.prefix + (self.subscribes ? "subscribe" : "unsubscribe") }
}

/// What Redis pushes.
enum RedisPush {
    case message(SubscriptionKind, name: ByteBuffer, RedisMessage)
    case confirmation(SubscriptionCommand, name: ByteBuffer)

    /// - Returns: nil for what this client has not asked for, which is ignored.
    init?(_ elements: [RESPValue]) {
        guard elements.count >= 3, let type = elements[0].bytes, let name = elements[1].bytes else { return nil }
        for kind in SubscriptionKind.allCases {
            if type == (kind == .channel ? Self.message : kind == .shard ? Self.shardMessage : Self.patternMessage) {
                // A message of a pattern also says its channel.
                guard let channel = elements[kind == .pattern ? 2 : 1].bytes, let content = elements.last?.bytes else {
                    return nil
                }
                self = .message(kind, name: name, RedisMessage(channel: channel, content: content))
                return
            }
        }
        let text = String(buffer: type)
        for kind in SubscriptionKind.allCases {
            for subscribes in [true, false] {
                let command = SubscriptionCommand(kind: kind, subscribes: subscribes)
                if command.name == text {
                    self = .confirmation(command, name: name)
                    return
                }
            }
        }
        return nil
    }

    private static let message = ByteBuffer(string: "message")
    private static let shardMessage = ByteBuffer(string: "smessage")
    private static let patternMessage = ByteBuffer(string: "pmessage")
}

/// A message of a subscription.
package struct RedisMessage: Sendable {
    package let channel: ByteBuffer
    package let content: ByteBuffer
}
