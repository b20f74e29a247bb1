// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

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

    public init() {}

    var heartbeatInterval: Duration { max(self.nodeTimeout / ClusterNodes.ticksPerTimeout, .milliseconds(10)) }

    /// Where servers tell each other that they exist.
    var membershipChannel: String { self.channelPrefix }

    /// Where the answers to one server's questions come. The name of no namespace begins like this.
    func answerChannel(of node: String) -> String { "\(self.channelPrefix)#\(node)" }

    /// The channel of one namespace, whose name begins with `/`. A node need not subscribe to the channel of a namespace
    /// that it does not have.
    func channel(of namespace: Namespace) -> String { self.channelPrefix + namespace.name }
}
