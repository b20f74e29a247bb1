// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// What was found: a line for each check.
struct DoctorReport {
    enum Verdict: String {
        case ok
        case warning
        case failed

        var colour: Terminal.Colour {
            switch self {
            case .ok: .green
            case .warning: .yellow
            case .failed: .red
            }
        }
    }

    private(set) var hasFailed = false
    /// Where the sentences begin.
    private static let indentation = 21
    private static let leastRoom = 20

    mutating func add(_ verdict: Verdict, _ check: String, _ sentence: String) {
        if verdict == .failed { self.hasFailed = true }
        let head =
            "\(Terminal.painted(Terminal.column(verdict.rawValue, 7), verdict.colour))  \(Terminal.column(check, 10))  "
        let text = Terminal.safe(sentence)
        // A terminal would break words. In a pipe a check is one line.
        let room = (Terminal.width ?? 0) - Self.indentation
        let lines = room >= Self.leastRoom ? Terminal.wrapped(text, to: room) : [text]
        Terminal.print(head + lines.joined(separator: "\n" + String(repeating: " ", count: Self.indentation)))
    }
}
