// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import Martlet
public import MartletEvents
public import Metrics
internal import NIOConcurrencyHelpers
public import Tracing

extension SocketIOServer {
    /// Reports what the server does: numbers to a metrics system, the handling of events and broadcasts as spans to a
    /// tracer. The guide has a table of all metrics and spans.
    ///
    /// ```swift
    /// MetricsSystem.bootstrap(metrics)
    /// let io = SocketIOServer()
    /// io.observe()
    /// ```
    ///
    /// Call this once for a server, after the systems were bootstrapped: one that was not costs nothing, and gets nothing.
    /// Gauges are set and counters moved on once a second, as long as the server exists; how long handlers and broadcasts
    /// take is reported at once.
    /// - Parameters:
    ///   - metrics: where the numbers go.
    ///   - tracer: where the spans go.
    public func observe(
        metrics: any MetricsFactory = MetricsSystem.factory,
        tracer: any Tracer = InstrumentationSystem.tracer
    ) {
        let metrics = metrics is NOOPMetricsHandler ? nil : metrics
        let tracer = tracer is NoOpTracer ? nil : tracer
        guard metrics != nil || tracer != nil else { return }
        let observer = ServerObserver(metrics: metrics, tracer: tracer, namespaces: self.namespaces.map(\.name))
        guard self.observe(with: observer), let reporter = observer.reporter else { return }
        MetricsReporter.run(for: self, clock: ContinuousClock(), reporter.report)
    }
}

extension MartletServer {
    /// Reports how often clients exceeded the limits of its connections, once a second, as long as the server exists. Call
    /// this once for a server, after the metrics system was bootstrapped.
    /// - Parameter metrics: where the numbers go.
    public func observe(metrics: any MetricsFactory = MetricsSystem.factory) {
        guard !(metrics is NOOPMetricsHandler) else { return }
        let exceeded = NIOLockedValueBox(CounterFamily(MetricName.exceededLimits, ["limit"], metrics))
        MetricsReporter.run(for: self.limits, clock: ContinuousClock()) { limits in
            exceeded.withLockedValue { $0.report(limits.exceeded) }
        }
    }
}
