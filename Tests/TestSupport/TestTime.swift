// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Deadlines of tests. `MARTLET_TIME_FACTOR` makes them longer where machines are slow.
package enum TestTime {
    package static let factor: Double = getenv("MARTLET_TIME_FACTOR").flatMap { Double(String(cString: $0)) } ?? 1

    /// How long something may take that is expected to happen.
    package static let limit: Duration = .seconds(20) * factor
}
