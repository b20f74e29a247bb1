// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

extension MartletServer {
    /// Runs the server until the process gets SIGTERM or SIGINT, then shuts it down gracefully; see ``run()``. At a second
    /// signal all connections end, within two seconds.
    ///
    /// In an application with more services, put the server into its `ServiceGroup` instead.
    /// - Throws: an `IOError` when the address cannot be listened on.
    public func runUntilSignal() async throws {
        let group = ServiceGroup(services: [self], logger: Logger(label: "martlet"))
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            tasks.addTask {
                var isFirst = true
                for await _ in signals {
                    guard isFirst else { return }
                    isFirst = false
                    await group.triggerGracefulShutdown()
                }
            }
            try await tasks.next()
            tasks.cancelAll()
        }
    }
}
