// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How many allocations each benchmark may make: a JSON object of names and counts.
struct AllocationLimits {
    private var counts: [String: Double]

    init(counts: [String: Double]) { self.counts = counts }

    init(contentsOf path: String) throws {
        counts = try JSONDecoder().decode([String: Double].self, from: Data(contentsOf: URL(filePath: path)))
    }

    func write(to path: String) throws {
        let lines = counts.sorted { $0.key < $1.key }.map { "  \"\($0.key)\": \(Self.text($0.value))" }
        let text = "{\n\(lines.joined(separator: ",\n"))\n}\n"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// One complaint for each measured count that is wrong; empty when all are right.
    func complaints(about measured: [String: Double]) -> [String] {
        var complaints: [String] = []
        for (name, count) in measured.sorted(by: { $0.key < $1.key }) {
            guard let limit = counts[name] else {
                complaints.append("\(name): there is no limit for it")
                continue
            }
            guard count > limit + Self.tolerance else { continue }
            complaints.append("\(name): \(Self.text(count)) allocations, the limit is \(Self.text(limit))")
        }
        for name in counts.keys.sorted() where measured[name] == nil {
            complaints.append("\(name): there is no such benchmark")
        }
        return complaints
    }

    /// The benchmarks that now make fewer allocations than their limit.
    func tooHigh(for measured: [String: Double]) -> [String] {
        measured.filter { counts[$0.key, default: 0] > $0.value + Self.tolerance }.keys.sorted()
    }

    /// Half of one allocation in a hundred iterations: counts are written with two decimals.
    private static let tolerance = 0.005

    static func text(_ count: Double) -> String {
        count == count.rounded() ? "\(Int(count))" : String(format: "%.2f", count)
    }
}
