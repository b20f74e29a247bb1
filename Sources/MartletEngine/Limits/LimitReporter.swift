// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Atomics
internal import Logging
package import NIOCore

/// Counts exceeded limits, logs them, and tells the application. One object for all the limits of a server.
package final class LimitReporter: Sendable {
    package typealias Hook = @Sendable (_ limit: ExceededLimit, _ address: SocketAddress?) -> Void

    private let counts: [ExceededLimit: ManagedAtomic<Int>]
    private let hook: Hook?
    private let logger: ThrottledLogger

    package init(_ hook: Hook?, logger: ThrottledLogger = ThrottledLogger()) {
        self.counts = Dictionary(uniqueKeysWithValues: ExceededLimit.allCases.map { ($0, ManagedAtomic(0)) })
        self.hook = hook
        self.logger = logger
    }

    /// - Parameter address: of the client that exceeded the limit, as far as known.
    package func exceeded(_ limit: ExceededLimit, by address: SocketAddress? = nil) {
        self.counts[limit]?.wrappingIncrement(ordering: .relaxed)
        self.hook?(limit, address)
        self.logger.log(level: .notice, metadata: ["reason": "\(limit.rawValue)"]) {
            "the limit '\(limit.rawValue)' was exceeded" + (address.map { " by \($0)" } ?? "")
        }
    }

    /// How often each limit was exceeded since the start; those that never were are missing.
    package var exceeded: [ExceededLimit: Int] {
        self.counts.mapValues { $0.load(ordering: .relaxed) }.filter { $0.value > 0 }
    }
}
