// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Atomics
internal import Metrics
internal import NIOConcurrencyHelpers

/// One metric with its labels.
protocol PrometheusSeries: AnyObject, Sendable {
    var name: String { get }
    var labels: PrometheusLabels { get }
    func write(into text: inout String)
}

final class PrometheusCounter: PrometheusSeries, CounterHandler {
    let name: String
    let labels: PrometheusLabels
    private let value = ManagedAtomic<Int64>(0)

    init(_ name: String, _ labels: PrometheusLabels) {
        self.name = name
        self.labels = labels
    }

    func increment(by amount: Int64) { self.value.wrappingIncrement(by: amount, ordering: .relaxed) }
    func reset() { self.value.store(0, ordering: .relaxed) }

    func write(into text: inout String) {
        text += "\(self.name)\(self.labels.braced) \(self.value.load(ordering: .relaxed))\n"
    }
}

final class PrometheusGauge: PrometheusSeries, MeterHandler, RecorderHandler {
    let name: String
    let labels: PrometheusLabels
    private let value = NIOLockedValueBox(0.0)

    init(_ name: String, _ labels: PrometheusLabels) {
        self.name = name
        self.labels = labels
    }

    func set(_ value: Int64) { self.set(Double(value)) }
    func set(_ value: Double) { self.value.withLockedValue { $0 = value } }
    func increment(by amount: Double) { self.value.withLockedValue { $0 += amount } }
    func decrement(by amount: Double) { self.increment(by: -amount) }
    func record(_ value: Int64) { self.set(Double(value)) }
    func record(_ value: Double) { self.set(value) }

    func write(into text: inout String) {
        let value = self.value.withLockedValue { $0 }
        text += "\(self.name)\(self.labels.braced) \(PrometheusText.number(value))\n"
    }
}

final class PrometheusHistogram: PrometheusSeries, RecorderHandler, TimerHandler {
    private struct State {
        /// One for each bound, without those of the buckets below, and one for values above all bounds.
        var counts: [Int]
        var sum = 0.0
    }

    let name: String
    let labels: PrometheusLabels
    private let bounds: [Double]
    private let state: NIOLockedValueBox<State>

    init(_ name: String, _ labels: PrometheusLabels, _ bounds: [Double]) {
        self.name = name
        self.labels = labels
        self.bounds = Array(Set(bounds.filter(\.isFinite))).sorted()
        self.state = NIOLockedValueBox(State(counts: Array(repeating: 0, count: self.bounds.count + 1)))
    }

    func record(_ value: Int64) { self.record(Double(value)) }
    func recordNanoseconds(_ duration: Int64) { self.record(Double(duration) / 1e9) }

    func record(_ value: Double) {
        let bucket = self.bounds.firstIndex { value <= $0 } ?? self.bounds.count
        self.state.withLockedValue { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func write(into text: inout String) {
        let state = self.state.withLockedValue { $0 }
        var count = 0
        for (bound, inBucket) in zip(self.bounds + [.infinity], state.counts) {
            count += inBucket
            text += "\(self.name)_bucket\(self.labels.braced(upTo: PrometheusText.number(bound))) \(count)\n"
        }
        text += "\(self.name)_sum\(self.labels.braced) \(PrometheusText.number(state.sum))\n"
        text += "\(self.name)_count\(self.labels.braced) \(count)\n"
    }
}
