// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// Carries messages between the servers of a cluster. A bus knows nothing of what it carries, so that any broker with
/// channels can be put behind it; give it to ``SocketIOServer/cluster(_:configuration:)``.
///
/// A bus delivers each message to each subscription once at most: a message that cannot be delivered, because the
/// broker is away or a queue is full, is dropped. Messages that one caller publishes to one channel arrive in the order
/// in which it published them.
public protocol ClusterBus: Sendable {
    /// Sends a message to all subscriptions of a channel. Called on any thread, event loops too: it must return at once,
    /// so a bus puts the message into a queue, and bounds that queue.
    /// - Parameters:
    ///   - message: any bytes.
    ///   - channel: the name of the channel, as `martlet/chat`. It ends with the name of a namespace or a room, which a
    ///     client may have chosen: if some characters mean something to the broker, the bus replaces them.
    func publish(_ message: ByteBuffer, to channel: String)

    /// Begins to receive the messages of a channel. Returns at once. Until the broker has confirmed the subscription,
    /// messages may be missed, as they may while the connection to the broker is lost; the bus subscribes anew then. A
    /// server that misses the others' answer to its first message learns of them by a heartbeat, after a third of
    /// ``ClusterConfiguration/nodeTimeout``, and publishes no event before: a bus whose broker has subscriptions and
    /// messages of one connection in order avoids that.
    /// - Parameters:
    ///   - channel: the name of the channel.
    ///   - receive: called with each message, on any thread, one call after the other. It does not block. The bus may
    ///     also deliver what this server has published itself; the server ignores that.
    /// - Returns: ends the subscription when it is cancelled.
    func subscribe(
        to channel: String,
        _ receive: @escaping @Sendable (_ message: ByteBuffer) -> Void
    ) -> ClusterSubscription
}

/// A subscription to a channel of a ``ClusterBus``.
public struct ClusterSubscription: Sendable {
    private let onCancel: @Sendable () -> Void

    /// - Parameter onCancel: ends the subscription; called once.
    public init(onCancel: @escaping @Sendable () -> Void) {
        self.onCancel = onCancel
    }

    /// Ends the subscription. A call to `receive` that has begun may still go on.
    public func cancel() { self.onCancel() }
}
