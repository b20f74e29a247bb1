// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// What happens between a server and Redis.
public enum RedisEvent: Sendable {
    /// A connection has been made, and subscriptions have been asked for again.
    case connected
    /// The connection was lost, or could not be made. A new one is tried after a while.
    case disconnected(RedisError)
    /// So many messages were not published, the oldest ones, because too many waited for Redis.
    case dropped(messages: Int, bytes: Int)
    /// So many messages were sent when the connection was lost: Redis may have them or not.
    case unconfirmed(messages: Int)
    /// Entries were trimmed from the stream before this server had read them, or the stream is another one; see
    /// ``RedisRecovery``. Its clients have missed what was in them.
    /// - Parameter offset: the last entry that was read.
    case entriesMissed(after: String)
    /// Redis has answered with an error to a message or a subscription, as when its ACL does not allow a channel.
    case refused(command: String, message: String)
}
