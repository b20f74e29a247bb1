// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import Logging
internal import NIOConcurrencyHelpers
package import NIOCore

/// A logger for events that clients can cause as often as they like. It writes at most one line a second, and says how
/// many lines it has omitted.
package final class ThrottledLogger: Sendable {
    private struct State {
        var nextLine = NIODeadline.distantPast
        var omittedLines = 0
    }

    private let logger: Logger
    private let state = NIOLockedValueBox(State())

    private static let interval = TimeAmount.seconds(1)

    package init(_ logger: Logger = Logger(label: "martlet")) {
        self.logger = logger
    }

    /// - Parameter metadata: made only for a line that is written, as `message` is.
    package func log(
        level: Logger.Level,
        now: NIODeadline = .now(),
        metadata: @autoclosure () -> Logger.Metadata = [:],
        _ message: () -> String
    ) {
        guard level >= self.logger.logLevel else { return }
        let omittedLines: Int? = self.state.withLockedValue { state in
            guard now >= state.nextLine else {
                state.omittedLines += 1
                return nil
            }
            state.nextLine = now + Self.interval
            defer { state.omittedLines = 0 }
            return state.omittedLines
        }
        guard let omittedLines else { return }
        var metadata = metadata()
        if omittedLines > 0 { metadata["omittedLines"] = "\(omittedLines)" }
        self.logger.log(level: level, "\(message())", metadata: metadata)
    }
}
