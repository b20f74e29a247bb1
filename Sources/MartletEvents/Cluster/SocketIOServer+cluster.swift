// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

extension SocketIOServer {
    /// Enters a cluster: all servers of it reach the sockets of each other. Nothing else in the application changes. Call
    /// this once, before the server serves.
    ///
    /// ```swift
    /// let io = SocketIOServer()
    /// io.cluster(bus)
    /// ```
    ///
    /// Broadcasts, ``BroadcastOperator/count()``, ``BroadcastOperator/fetchSockets()`` and all that acts on many sockets
    /// concern the sockets of all servers from now on. The server tells the others when it shuts down; they notice within
    /// ``ClusterConfiguration/nodeTimeout`` when it dies. A second call changes nothing, and is reported to
    /// ``SocketIOServer/onError(_:)``.
    /// - Parameters:
    ///   - bus: carries the messages between the servers. Whoever may publish there can send any event to any client.
    ///   - configuration: the settings, the same on all servers.
    public func cluster(_ bus: some ClusterBus, configuration: ClusterConfiguration = ClusterConfiguration()) {
        self.cluster(bus, configuration: configuration, clock: ContinuousClock())
    }

    /// - Parameter clock: measures the times of heartbeats and questions.
    @discardableResult
    package func cluster(
        _ bus: some ClusterBus,
        configuration: ClusterConfiguration = ClusterConfiguration(),
        clock: any Clock<Duration>
    ) -> ClusterStatus {
        let adapter = ClusterAdapter(bus: bus, configuration: configuration, clock: clock, logger: self.core.logger)
        self.core.enter(adapter)
        return ClusterStatus(adapter: adapter)
    }
}

/// What tests look at.
package struct ClusterStatus: Sendable {
    private weak var adapter: ClusterAdapter?

    fileprivate init(adapter: ClusterAdapter) {
        self.adapter = adapter
    }

    /// The id of this node.
    package var nodeID: String { self.adapter?.id ?? "" }
    /// How many other servers this one knows.
    package var nodeCount: Int { self.adapter?.nodeCount ?? 0 }
    /// How many of its questions are unanswered.
    package var questionCount: Int { self.adapter?.questionCount ?? 0 }
}
