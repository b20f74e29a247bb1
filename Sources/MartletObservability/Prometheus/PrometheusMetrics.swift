// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import Metrics
internal import NIOConcurrencyHelpers

/// A metrics system that keeps all metrics in memory for a Prometheus server, which asks for them from time to time.
///
/// ```swift
/// let metrics = PrometheusMetrics()
/// MetricsSystem.bootstrap(metrics)
/// let io = SocketIOServer()
/// io.observe()
/// let server = MartletServer([.socketIO(io), .metrics(metrics)])
/// ```
///
/// A metric gets the name and the labels that it was made with; characters that Prometheus does not allow in them become
/// underscores. Timers are histograms in seconds, recorders that aggregate are histograms, others are gauges. All metrics of
/// a name are of one kind: one of another kind than the first is left out.
public final class PrometheusMetrics: MetricsFactory {
    /// The upper bounds of the buckets in which histograms count.
    public struct Buckets: Sendable {
        /// Of timers, in seconds.
        public var seconds: [Double] = [
            0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
        ]
        /// Of recorders.
        public var values: [Double] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 100_000]

        public init() {}
    }

    private let buckets: Buckets
    private let help: [String: String]
    private let families = NIOLockedValueBox<[String: PrometheusFamily]>([:])

    /// - Parameters:
    ///   - buckets: in which histograms count.
    ///   - help: what the application's metrics are, a line for each name. Martlet describes its own.
    public init(buckets: Buckets = Buckets(), help: [String: String] = [:]) {
        self.buckets = buckets
        self.help = help.merging(MetricName.help) { own, _ in own }
    }

    /// All metrics in Prometheus's text format 0.0.4.
    public var text: String {
        let families = self.families.withLockedValue { $0.values.map { ($0, $0.series.values.map(\.self)) } }
        var text = ""
        for (family, series) in families.sorted(by: { $0.0.name < $1.0.name }) where !series.isEmpty {
            family.writeHead(into: &text)
            for series in series.sorted(by: { $0.labels < $1.labels }) { series.write(into: &text) }
        }
        return text
    }

    // MARK: MetricsFactory

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        self.series(label, dimensions, .counter) { PrometheusCounter($0, $1) }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        self.series(label, dimensions, .gauge) { PrometheusGauge($0, $1) }
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate {
            self.series(label, dimensions, .histogram) { PrometheusHistogram($0, $1, self.buckets.values) }
        } else {
            self.series(label, dimensions, .gauge) { PrometheusGauge($0, $1) }
        }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        self.series(label, dimensions, .histogram) { PrometheusHistogram($0, $1, self.buckets.seconds) }
    }

    public func destroyCounter(_ handler: any CounterHandler) { self.remove(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { self.remove(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { self.remove(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { self.remove(handler) }

    /// The series of a name and labels: metrics that were made twice count together.
    private func series<Series: PrometheusSeries>(
        _ label: String,
        _ dimensions: [(String, String)],
        _ kind: PrometheusFamily.Kind,
        _ make: (_ name: String, PrometheusLabels) -> Series
    ) -> Series {
        let name = PrometheusText.name(label)
        let labels = PrometheusLabels(dimensions)
        return self.families.withLockedValue { families in
            var family = families[name] ?? PrometheusFamily(name: name, help: self.help[name], kind: kind)
            if let series = family.series[labels] as? Series { return series }
            let series = make(name, labels)
            guard family.kind == kind, family.series[labels] == nil else { return series }
            family.series[labels] = series
            families[name] = family
            return series
        }
    }

    private func remove(_ handler: AnyObject) {
        guard let series = handler as? any PrometheusSeries else { return }
        self.families.withLockedValue { families in
            guard families[series.name]?.series[series.labels] === series else { return }
            families[series.name]?.series[series.labels] = nil
        }
    }
}

/// All series of one name.
struct PrometheusFamily: Sendable {
    enum Kind: String { case counter, gauge, histogram }

    let name: String
    let help: String?
    let kind: Kind
    var series: [PrometheusLabels: any PrometheusSeries] = [:]

    init(name: String, help: String?, kind: Kind) {
        self.name = name
        self.help = help
        self.kind = kind
    }

    func writeHead(into text: inout String) {
        if let help = self.help { text += "# HELP \(self.name) \(PrometheusText.escapedHelp(help))\n" }
        text += "# TYPE \(self.name) \(self.kind.rawValue)\n"
    }
}
