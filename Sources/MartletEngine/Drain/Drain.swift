// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

extension EngineIOConfiguration {
    /// How sessions end when the server shuts down in good order: each at a random time within a span that grows with
    /// their number, so that the clients do not come back all at once; and each once its handlers have finished.
    public struct Drain: Sendable {
        /// How many sessions end in a second, as long as ``timeout`` allows. A few sessions end at once.
        public var sessionsPerSecond = 2000
        /// How long all of it may take. Sessions whose handlers are still at work then end all the same. In the first
        /// half of this time all sessions get their turn. Zero: all sessions end at once.
        public var timeout = Duration.seconds(10)
        /// How long handlers may still take that were cancelled, since their session has ended.
        public var cancellationTime = Duration.seconds(2)

        public init() {}

        /// Over how long some sessions end.
        package func span(of sessions: Int) -> Duration {
            let span = min(Duration.milliseconds(sessions * 1000 / max(1, self.sessionsPerSecond)), self.timeout / 2)
            return span < Self.leastSpan ? .zero : span
        }

        private static let leastSpan = Duration.milliseconds(10)
    }
}
