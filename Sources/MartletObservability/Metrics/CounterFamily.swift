// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Metrics

/// A counter with a series for each value of its labels, told how much there is in all.
struct CounterFamily {
    private let name: String
    private let labels: [String]
    private let factory: any MetricsFactory
    private var counters: [[String]: Counter] = [:]
    private var totals: [[String]: Int] = [:]

    init(_ name: String, _ factory: any MetricsFactory) {
        self.init(name, [], factory)
    }

    init(_ name: String, _ labels: [String], _ factory: any MetricsFactory) {
        self.name = name
        self.labels = labels
        self.factory = factory
        // A series without labels is there from the start, at 0.
        if labels.isEmpty { self.report(0) }
    }

    /// How many series there may be. What they are labelled with is the library's own choice, but for the reasons with
    /// which an application ends sockets.
    private static let limit = 64

    /// - Parameter total: how much there is since the start. A total that is smaller than before is of another start.
    mutating func report(_ total: Int, _ values: String...) {
        let counter = self.counter(values)
        let before = self.totals.updateValue(total, forKey: values) ?? 0
        if total > before { counter.increment(by: total - before) }
    }

    /// - Parameter totals: by the value of the only label.
    mutating func report<Label: RawRepresentable<String>>(_ totals: [Label: Int]) {
        for (label, total) in totals { self.report(total, label.rawValue) }
    }

    private mutating func counter(_ values: [String]) -> Counter {
        if let counter = self.counters[values] { return counter }
        if self.counters.count >= Self.limit, values.first != NamespaceLabels.other {
            return self.counter(values.map { _ in NamespaceLabels.other })
        }
        let dimensions = Array(zip(self.labels, values))
        let counter = Counter(label: self.name, dimensions: dimensions, factory: self.factory)
        self.counters[values] = counter
        return counter
    }
}
