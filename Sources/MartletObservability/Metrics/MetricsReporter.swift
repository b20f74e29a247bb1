// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Martlet
internal import MartletEvents
internal import Metrics
internal import NIOConcurrencyHelpers

/// Passes on a server's numbers, once a second. Everything that is counted is counted by the server itself, which does so
/// in any case.
final class MetricsReporter: Sendable {
    private static let interval = Duration.seconds(1)

    private let state: NIOLockedValueBox<ServerMetrics>

    init(_ factory: any MetricsFactory, _ labels: NamespaceLabels) {
        self.state = NIOLockedValueBox(ServerMetrics(factory, labels))
    }

    /// Reports until the server is no more, to which there is no other reference from here.
    static func run<Server: AnyObject & Sendable>(
        for server: Server,
        clock: any Clock<Duration>,
        _ report: @escaping @Sendable (Server) async -> Void
    ) {
        Task.detached { [weak server] in
            repeat {
                guard let server else { return }
                await report(server)
            } while (try? await clock.sleep(for: Self.interval)) != nil
        }
    }

    func report(_ server: SocketIOServer) async {
        let statistics = await server.statistics()
        let (nodes, traffic) = (server.clusterNode?.others, server.clusterTraffic)
        self.state.withLockedValue { metrics in
            metrics.report(statistics)
            if let nodes, let traffic { metrics.report(nodes: nodes, traffic) }
        }
    }
}
