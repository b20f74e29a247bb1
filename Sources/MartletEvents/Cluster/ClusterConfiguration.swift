// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine

/// The settings of a server in a cluster; the same on all servers of the cluster.
public struct ClusterConfiguration: Sendable {
    /// After this time without a message from another server, that server counts as dead. Servers send heartbeats four
    /// times as often.
    public var nodeTimeout = Duration.seconds(10)
    /// How long a question to the other servers, such as ``BroadcastOperator/fetchSockets()``, waits for those that do
    /// not answer.
    public var responseTimeout = Duration.seconds(5)
    /// What the names of the bus's channels begin with. Clusters that share a broker have different prefixes.
    public var channelPrefix = "martlet"

    /// Which channels of the bus carry what concerns the sockets of a namespace.
    public var channels = Channels.namespaces

    /// How a server that shuts down in good order hands its lossless sessions to the other servers, which their clients
    /// then attach to; `nil`: the sessions end with the server. They do so too where the clients could not find them: with
    /// more than one other server, the servers have to forward requests.
    public var handover: Handover? = Handover()

    public init() {}

    public enum Channels: Sendable {
        /// One channel for each namespace: each server receives what the others send to any room of it.
        case namespaces
        /// One more channel for each room that has members on a server. What is sent to one room travels on its channel,
        /// and reaches only the servers where the room has members; what is sent to several rooms, to a socket or to the
        /// whole namespace travels on the namespace's channel. Worth it with many rooms that have their members on few
        /// servers. A server subscribes when a socket joins a room as its first member there, and misses what others send
        /// to the room until the broker has confirmed it. Between an event to a room and one to the whole namespace there
        /// is only the order that the bus keeps between channels.
        case rooms
    }

    /// The times of a handover.
    public struct Handover: Sendable {
        /// How long all sessions together may take. Those that are left then end.
        public var timeout = Duration.seconds(20)
        /// How long the handlers of a session's events may go on before the session moves without waiting for them.
        public var handlerTimeout = Duration.seconds(3)
        /// Whether sessions move even where their clients could not find them; for tests, whose clients can.
        package var isUnconditional = false

        public init() {}
    }

    var heartbeatInterval: Duration { max(self.nodeTimeout / ClusterNodes.ticksPerTimeout, .milliseconds(10)) }

    /// Where servers tell each other that they exist.
    var membershipChannel: String { self.channelPrefix }

    /// Where the answers to one server's questions come. The name of no namespace begins like this.
    func answerChannel(of node: String) -> String { "\(self.channelPrefix)#\(node)" }

    /// Where servers tell each other who is present. The name of no namespace begins like this, and no node's id has a `/`.
    func presenceChannel(_ name: String, of namespace: Namespace) -> String {
        "\(self.channelPrefix)#presence\(namespace.name)#\(name)"
    }

    /// Where servers ask and tell each other which of them has a session.
    var sessionChannel: String { "\(self.channelPrefix)#sessions" }

    /// Where the answers to one server's questions about sessions come.
    func sessionChannel(of node: String) -> String { "\(self.channelPrefix)#sessions#\(node)" }

    /// Where what concerns one server's handovers comes.
    func handoverChannel(of node: String) -> String { "\(self.channelPrefix)#\(node)#handover" }

    /// Where a server is told that a client of its has come to another server. The name of no namespace begins like this.
    func recoveryChannel(of node: String) -> String { "\(self.channelPrefix)#recovery#\(node)" }

    /// The channel of one namespace, whose name begins with `/`. A node need not subscribe to the channel of a namespace
    /// that it does not have.
    func channel(of namespace: Namespace) -> String { self.channelPrefix + namespace.name }

    /// The channel of a room; nil where it has none. No node's id contains a `/`, and the length of the namespace's name
    /// keeps the two names apart, both of which may contain anything.
    /// - Parameter room: its stored name.
    func channel(of room: String, in namespace: Namespace) -> String? {
        // Every socket is a room, too. A room of the application whose name looks like a socket's id counts as one.
        guard self.channels == .rooms, SessionID(room) == nil else { return nil }
        return "\(self.channelPrefix)#\(namespace.name.utf8.count)\(namespace.name)#\(room)"
    }
}
