// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Servers of another kind on the same Redis, that a cluster on ``RedisCluster`` exchanges messages with: see
/// ``RedisConfiguration/peers``. All servers of the cluster have the same peers.
public struct RedisPeer: Sendable {
    enum Kind: Sendable {
        case nodeAdapter(NodeAdapter)
        case pythonSocketIO(PythonSocketIO)
    }

    struct NodeAdapter: Sendable {
        let key: String
        let publishesOnSpecificResponseChannel: Bool
    }

    struct PythonSocketIO: Sendable {
        let channel: String
        let publishesBroadcasts: Bool
    }

    let kind: Kind

    /// Servers of Socket.IO for Node with the Redis adapter (`createAdapter` of `@socket.io/redis-adapter`, not the
    /// sharded or the streams adapter), and processes that use its emitter (`@socket.io/redis-emitter`, and its ports to
    /// other languages).
    ///
    /// Both ways: broadcasts, also with acknowledgements, joining, leaving and disconnecting, `BroadcastOperator`'s
    /// `fetchSockets()` and `count()`, and server-side events reach the sockets and servers of both kinds.
    /// - Parameters:
    ///   - key: the adapter's option `key`, with which all of its channels begin.
    ///   - publishesOnSpecificResponseChannel: the adapter's option of that name: whether answers go only to the server
    ///     that has asked.
    public static func nodeAdapter(
        key: String = "socket.io", publishesOnSpecificResponseChannel: Bool = false
    ) -> RedisPeer {
        RedisPeer(
            kind: .nodeAdapter(
                NodeAdapter(key: key, publishesOnSpecificResponseChannel: publishesOnSpecificResponseChannel)))
    }

    /// Servers and processes that use python-socketio's `RedisManager` or `AsyncRedisManager`, version 5.14 or later;
    /// earlier ones write Python pickles, which are never read.
    ///
    /// What they emit reaches the clients of this cluster, which also carries out their `disconnect()`, `enter_room()`,
    /// `leave_room()` and `close_room()`, and answers callbacks.
    /// - Parameters:
    ///   - channel: the manager's option `channel`. Flask-SocketIO's is `flask-socketio`.
    ///   - publishesBroadcasts: whether what this cluster does is also told to Python's servers, as far as their messages
    ///     can say it: broadcasts to rooms or to all, but for those that leave out other than single sockets; and
    ///     operations on single sockets.
    public static func pythonSocketIO(channel: String = "socketio", publishesBroadcasts: Bool = false) -> RedisPeer {
        RedisPeer(kind: .pythonSocketIO(PythonSocketIO(channel: channel, publishesBroadcasts: publishesBroadcasts)))
    }
}
