// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
package import MartletEngine

/// Publishes to the servers of a cluster without being one of them: it has no sockets, sends no heartbeats, and is asked
/// nothing.
package struct ClusterEmitter: Sendable {
    private let core: ServerCore

    /// - Parameters:
    ///   - server: the configuration of the servers: their parser, and whether clients can recover what they missed.
    ///   - cluster: the configuration of the cluster.
    ///   - logger: logs errors, unless ``onError(_:)`` is called.
    package init(
        bus: some ClusterBus,
        server: SocketIOConfiguration,
        cluster: ClusterConfiguration,
        logger: ThrottledLogger
    ) {
        let adapter = ClusterAdapter(
            bus: bus, configuration: cluster, clock: ContinuousClock(), logger: logger, isEmitter: true)
        self.core = ServerCore(
            configuration: server,
            codec: server.makeCodec(),
            adapter: adapter,
            logger: logger
        )
        self.core.share(adapter)
    }

    package func onError(_ hook: @escaping @Sendable (HandlerFailure) -> Void) { self.core.setOnError(hook) }

    /// A namespace to publish to. It is not kept, so names may be as many as one likes.
    package func of(_ name: String) -> Namespace {
        Namespace(name: name.hasPrefix("/") ? name : "/" + name, core: self.core)
    }
}
