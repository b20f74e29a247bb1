// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Metrics

/// A gauge with a series for each value of a label.
struct GaugeFamily {
    private let name: String
    private let label: String
    private let factory: any MetricsFactory
    private var gauges: [String: Gauge] = [:]

    init(_ name: String, _ label: String, _ factory: any MetricsFactory) {
        self.name = name
        self.label = label
        self.factory = factory
    }

    /// Sets all series; those that are missing here to 0.
    mutating func report(_ values: [String: Int]) {
        for value in values.keys where self.gauges[value] == nil {
            self.gauges[value] = Gauge(label: self.name, dimensions: [(self.label, value)], factory: self.factory)
        }
        for (value, gauge) in self.gauges { gauge.record(values[value] ?? 0) }
    }
}
