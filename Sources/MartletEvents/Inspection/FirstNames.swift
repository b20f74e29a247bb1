// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HeapModule

/// Those of many names that come first.
struct FirstNames {
    private let limit: Int
    private var first = Heap<String>()
    /// How many names there were.
    private(set) var total = 0
    /// Whether these are all that there were to look at.
    var isComplete = true

    init(limit: Int) {
        self.limit = limit
    }

    /// In no order.
    var names: [String] { self.first.unordered }

    mutating func add(_ name: String) {
        self.total += 1
        if self.first.count < self.limit {
            self.first.insert(name)
        } else if let last = self.first.max, name < last {
            self.first.replaceMax(with: name)
        }
    }
}
