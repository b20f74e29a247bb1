// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule

/// Which messages of a session belong together, a text and its attachments, by their numbers.
struct AttachmentRuns {
    private var runs = Deque<Range<Int>>()

    mutating func append(first: Int, count: Int) {
        self.runs.append(first..<first + count)
    }

    /// Forgets the runs that have left altogether.
    mutating func removeAll(upTo number: Int) {
        while let run = self.runs.first, run.upperBound <= number + 1 { self.runs.removeFirst() }
    }

    /// The number of the first message of the run to which this one belongs; `nil` for one by itself.
    func place(of number: Int) -> Int? {
        // Runs are in order: the last one that begins no later.
        var (low, high) = (0, self.runs.count)
        while low < high {
            let middle = (low + high) / 2
            if self.runs[middle].lowerBound <= number { low = middle + 1 } else { high = middle }
        }
        guard low > 0, self.runs[low - 1].contains(number) else { return nil }
        return self.runs[low - 1].lowerBound
    }
}
