// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// What people reach for when a connection does not work.
@main
struct MartletTool: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "Talks to a Socket.IO server, measures it, and finds out why a connection does not work.",
        discussion: """
            For example:
              martlet doctor https://example.com

            It exits with 0 when all went well, with 1 when something failed, and with 64 when the command is wrong.
            """,
        subcommands: [ConnectCommand.self, EmitCommand.self, BenchCommand.self, DoctorCommand.self]
    )
}
