// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport

/// A redis-server of a test's own, with an empty memory.
final class RedisServer {
    private let process: ServerProcess

    var port: Int { self.process.port }
    var directory: String { self.process.directory }
    var url: String { "redis://127.0.0.1:\(self.port)" }

    /// - Parameters:
    ///   - arguments: options for the command line.
    ///   - prepare: puts files into the directory where it runs; returns more options.
    init(
        _ arguments: [String] = [],
        prepare: (_ directory: String) async throws -> [String] = { _ in [] }
    ) async throws {
        self.process = try await ServerProcess { port, directory in
            [
                "redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--dir", directory, "--logfile", "\(directory)/log",
            ] + arguments + (try await prepare(directory))
        }
    }

    func start() async throws { try await self.process.start() }

    /// Ends it at once, as a machine that loses its power.
    func kill() { self.process.kill() }

    /// It stays, but does nothing until it is told to go on.
    func pause() { self.process.pause() }
    func goOn() { self.process.goOn() }

    static func freePort() async throws -> Int { try await ServerProcess.freePort() }
}
