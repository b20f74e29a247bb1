// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletClient

extension ClientSocket {
    /// Connects the socket. Opening the connection has a limit of its own; this one also holds for the namespace.
    func connect(within seconds: Double) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await self.connect()
                return true
            }
            group.addTask {
                // What opening the connection has to tell comes first.
                try await Task.sleep(for: .seconds(seconds + 1))
                return false
            }
            defer { group.cancelAll() }
            guard try await group.next() == true else {
                throw ToolFailure(
                    "The server is there, and does not answer the request to join the namespace: is it Socket.IO 3 or later?"
                )
            }
        }
    }
}
