// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import Logging
public import ServiceLifecycle
internal import UnixSignals

extension MartletServer {
    /// Runs the server until the process gets SIGTERM or SIGINT, then shuts it down gracefully; see ``run()``. At a second
    /// signal all connections end, within two seconds.
    ///
    /// In an application that has a `ServiceGroup`, put the server into that instead.
    /// - Parameters:
    ///   - services: run beside the server, from before it to after it: they are asked to shut down when the server has.
    ///     When one of them ends before that, all end, and the error says which.
    ///   - logger: gets what the services' group has to say.
    /// - Throws: an `IOError` when the address cannot be listened on; what a service throws.
    public func runUntilSignal(
        with services: [any Service] = [],
        logger: Logger = Logger(label: "martlet")
    ) async throws {
        let group = ServiceGroup(services: services + [self], logger: logger)
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
