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
        try self.observe(HandledEvent(event, of: socket), body)
    }

    package func handle(_ event: String, of socket: Socket, suspending body: () async throws -> Bool) async throws
        -> Bool
    {
        try await self.observe(HandledEvent(event, of: socket), suspending: body)
    }

    package func handle(
        _ event: ServerSideEvent, in namespace: Namespace, _ body: () throws -> SocketArguments?
    ) throws -> SocketArguments? {
        try self.observe(HandledEvent(event, in: namespace), body)
    }

    package func handle(
        _ event: ServerSideEvent, in namespace: Namespace, suspending body: () async throws -> SocketArguments?
    ) async throws -> SocketArguments? {
        try await self.observe(HandledEvent(event, in: namespace), suspending: body)
    }

    private func observe<Value>(_ event: HandledEvent, _ body: () throws -> Value) throws -> Value {
        let start = NIODeadline.now()
        do {
            let value = try self.spans?.process(event, body) ?? body()
            self.durations?.handled(event.name, in: event.namespace.name, since: start, failed: false)
            return value
        } catch {
            self.durations?.handled(event.name, in: event.namespace.name, since: start, failed: true)
            throw error
        }
    }

    private func observe<Value>(_ event: HandledEvent, suspending body: () async throws -> Value) async throws -> Value
    {
        let start = NIODeadline.now()
        do {
            let value: Value
            if let spans = self.spans {
                value = try await spans.process(event, suspending: body)
            } else {
                value = try await body()
            }
            self.durations?.handled(event.name, in: event.namespace.name, since: start, failed: false)
            return value
        } catch {
            self.durations?.handled(event.name, in: event.namespace.name, since: start, failed: true)
            throw error
        }
    }

    package var traceContext: [String: String]? { self.spans?.traceContext }

    package func broadcast(_ event: String, in namespace: Namespace, _ body: () -> Void) {
        if let spans = self.spans { spans.send(event, in: namespace, body) } else { body() }
    }

    package func fannedOut(in namespace: String, receivers: Int, nanoseconds: Int64) {
        self.durations?.fannedOut(in: namespace, receivers: receivers, nanoseconds: nanoseconds)
    }
}
