// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The labels of a series, as they are written: `a="1",b="2"`.
struct PrometheusLabels: Hashable, Comparable, Sendable {
    private let text: String

    init(_ dimensions: [(String, String)]) {
        self.text = dimensions.map { name, value in
            "\(PrometheusText.labelName(name))=\"\(PrometheusText.escapedValue(value))\""
        }.joined(separator: ",")
    }

    static func < (left: PrometheusLabels, right: PrometheusLabels) -> Bool { left.text < right.text }

    /// In braces; nothing if there are none.
    var braced: String { self.text.isEmpty ? "" : "{\(self.text)}" }

    /// In braces, with the upper bound of a bucket.
    func braced(upTo bound: String) -> String {
        "{\(self.text)\(self.text.isEmpty ? "" : ",")le=\"\(bound)\"}"
    }
}
