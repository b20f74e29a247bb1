// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import MartletClientEngine

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Tries every transport by itself, and says what is wrong and what to do.",
        discussion: """
            For example:
              martlet doctor https://example.com --origin https://www.example.com --idle 90

            A line for each check: ok, warning or failed, what was checked, and a sentence. The exit code is 1 if something \
            failed. It opens sessions, and asks for a namespace that does not exist, to see an answer come back: handlers of \
            the application hear of it with --idle only.
            """
    )

    @OptionGroup var connection: ConnectionOptions
    @Option(help: "The origin of a page that will connect, such as https://www.example.com: may it?")
    var origin: String?
    @Option(help: "Also leave a connection of each transport without traffic for so many seconds: is one cut?")
    var idle: Int?

    func validate() throws {
        if let idle = self.idle, !(1...86_400 ~= idle) { throw ValidationError("--idle: 1 to 86,400 seconds.") }
    }

    func run() async throws {
        var doctor = try Doctor(self.connection)
        await doctor.examine(origin: self.origin, idle: self.idle)
        if doctor.report.hasFailed { throw ExitCode(1) }
    }
}
