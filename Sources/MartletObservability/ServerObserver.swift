// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import MartletEvents
package import Metrics
internal import NIOCore
package import Tracing

/// Reports the handling of events and broadcasts as it happens.
package final class ServerObserver: EventObserver {
    /// `nil` without a metrics system.
    let reporter: MetricsReporter?
    private let durations: EventMetrics?
    /// `nil` without a tracer.
    private let spans: EventSpans?

    /// - Parameter namespaces: the names of namespaces that there are already; see ``NamespaceLabels``.
    package init(metrics: (any MetricsFactory)?, tracer: (any Tracer)?, namespaces: [String]) {
        let labels = NamespaceLabels(namespaces)
        self.reporter = metrics.map { MetricsReporter($0, labels) }
        self.durations = metrics.map { EventMetrics($0, labels) }
        self.spans = tracer.map(EventSpans.init)
    }

    package func handle(_ event: String, of socket: Socket, _ body: () throws -> Bool) throws -> Bool {
        let start = NIODeadline.now()
        do {
            let isAnswered = try self.spans?.process(event, of: socket, body) ?? body()
            self.durations?.handled(event, in: socket.namespace.name, since: start, failed: false)
            return isAnswered
        } catch {
            self.durations?.handled(event, in: socket.namespace.name, since: start, failed: true)
            throw error
        }
    }

    package func handle(_ event: String, of socket: Socket, suspending body: () async throws -> Bool) async throws
        -> Bool
    {
        let start = NIODeadline.now()
        do {
            let isAnswered: Bool
            if let spans = self.spans {
                isAnswered = try await spans.process(event, of: socket, suspending: body)
            } else {
                isAnswered = try await body()
            }
            self.durations?.handled(event, in: socket.namespace.name, since: start, failed: false)
            return isAnswered
        } catch {
            self.durations?.handled(event, in: socket.namespace.name, since: start, failed: true)
            throw error
        }
    }

    package func broadcast(_ event: String, in namespace: Namespace, _ body: () -> Void) {
        if let spans = self.spans { spans.send(event, in: namespace, body) } else { body() }
    }

    package func fannedOut(in namespace: String, receivers: Int, nanoseconds: Int64) {
        self.durations?.fannedOut(in: namespace, receivers: receivers, nanoseconds: nanoseconds)
    }
}
