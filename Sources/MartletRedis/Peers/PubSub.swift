// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import MartletEvents
package import NIOCore

/// What a peer needs of Redis.
package protocol PubSub: Sendable {
    /// Returns at once. Messages of one caller arrive in order, whatever their channels.
    func publish(_ message: ByteBuffer, to channel: String)

    func subscribe(to channel: String, _ receive: @escaping @Sendable (ByteBuffer) -> Void) -> ClusterSubscription

    /// - Parameter pattern: as `PSUBSCRIBE` has it; see ``RedisPattern``.
    func subscribe(
        toPattern pattern: String,
        _ receive: @escaping @Sendable (_ channel: String, ByteBuffer) -> Void
    ) -> ClusterSubscription

    /// How many connections have subscribed to a channel: `PUBSUB NUMSUB`.
    func subscriberCount(of channel: String) async throws -> Int
}

/// Patterns of channels.
enum RedisPattern {
    /// All channels whose names begin with these characters, whatever they mean in patterns.
    static func beginning(with prefix: String) -> String {
        var pattern = ""
        for character in prefix.unicodeScalars {
            if "*?[]\\^-".unicodeScalars.contains(character) { pattern += "\\" }
            pattern.unicodeScalars.append(character)
        }
        return pattern + "*"
    }
}
