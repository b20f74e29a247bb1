// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers

/// What a measurement has counted so far. All of its connections share one.
final class Measurement: Sendable {
    private struct Counts {
        var connected = 0
        var notConnected = 0
        var lost = 0
        var sent = 0
        var answered = 0
        var unanswered = 0
        var latencies = LatencyHistogram()
        /// What was wrong the first time.
        var failure: ToolFailure?
        var begin: ContinuousClock.Instant?
        var end: ContinuousClock.Instant?
    }

    private let counts = NIOLockedValueBox(Counts())

    func connected() { self.counts.withLockedValue { $0.connected += 1 } }

    func notConnected(_ failure: ToolFailure) { self.count(\.notConnected, failure) }

    /// A connection has ended.
    func lost(_ failure: ToolFailure) { self.count(\.lost, failure) }

    func sent() { self.counts.withLockedValue { $0.sent += 1 } }

    func answered(after duration: Duration) {
        let microseconds = duration / .microseconds(1)
        self.counts.withLockedValue { counts in
            counts.answered += 1
            counts.latencies.record(Int(microseconds))
        }
    }

    /// There was no answer, or none that counts.
    func unanswered(_ failure: ToolFailure) { self.count(\.unanswered, failure) }

    private func count(_ path: any WritableKeyPath<Counts, Int> & Sendable, _ failure: ToolFailure) {
        self.counts.withLockedValue { counts in
            counts[keyPath: path] += 1
            if counts.failure == nil { counts.failure = failure }
        }
    }

    /// All that could be opened is open.
    func begin() { self.counts.withLockedValue { $0.begin = .now } }

    func end() { self.counts.withLockedValue { $0.end = .now } }

    var failure: ToolFailure? { self.counts.withLockedValue { $0.failure } }

    func progress(_ second: Int) -> String {
        let counts = self.counts.withLockedValue { $0 }
        let failed = counts.notConnected + counts.lost + counts.unanswered
        return """
            \(second) s: \(counts.connected.grouped) connected, \(counts.sent.grouped) sent, \
            \(counts.answered.grouped) answered, \(failed.grouped) failed, p50 \(Self.text(counts.latencies, 0.5))
            """
    }

    func summary() -> [String] {
        let counts = self.counts.withLockedValue { $0 }
        var rows = [
            ("connections", counts.connected.grouped), ("sent", counts.sent.grouped),
            ("answered", counts.answered.grouped),
        ]
        for (name, count) in [
            ("not connected", counts.notConnected), ("lost", counts.lost), ("without answer", counts.unanswered),
        ] where count > 0 {
            rows.append((name, count.grouped))
        }
        if let begin = counts.begin, counts.answered > 0 {
            let seconds = ((counts.end ?? .now) - begin) / .seconds(1)
            rows.append(("answers a second", Int((Double(counts.answered) / seconds).rounded()).grouped))
            for (name, part) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)] {
                rows.append((name, Self.text(counts.latencies, part)))
            }
            rows.append(("max", Duration.microseconds(counts.latencies.max).text))
        }
        return rows.map { "\(Terminal.column($0.0, 18))\($0.1)" }
    }

    private static func text(_ latencies: LatencyHistogram, _ part: Double) -> String {
        Duration.microseconds(latencies.percentile(part)).text
    }
}
