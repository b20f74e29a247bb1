// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import Logging
internal import NIOConcurrencyHelpers

/// A log that a test reads: of each line the level, the message, and what was said with it, in the order of the keys.
package final class RecordedLog: Sendable {
    private struct Handler: LogHandler {
        let log: RecordedLog
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let metadata = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0)=\($1)" }.joined()
            self.log.lines.withLockedValue { $0.append("\(event.level): \(event.message)\(metadata)") }
        }
    }

    private let lines = NIOLockedValueBox<[String]>([])

    package init() {}

    package func logger(_ level: Logger.Level = .notice) -> Logger {
        Logger(label: "test") { _ in Handler(log: self, logLevel: level) }
    }

    package var all: [String] { self.lines.withLockedValue { $0 } }
}
