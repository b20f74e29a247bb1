// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Subprocess

#if canImport(System)
internal import System
#else
internal import SystemPackage
#endif

/// What every process runs.
struct Program: Sendable {
    let configuration: Configuration
    /// The time between SIGTERM and SIGKILL, and between the end of a process's outputs and SIGTERM.
    let grace: Duration
    /// How a process is ended: SIGTERM, and after some time SIGKILL.
    let teardownSequence: [TeardownStep]

    /// - Parameters:
    ///   - command: the program, by its path or by a name that is looked up in `PATH`, and its arguments.
    ///   - grace: see ``grace``.
    init(_ command: [String], grace: Duration) {
        let name = command.first ?? ""
        var options = PlatformOptions()
        // A process leads a group of its own, so that what it has started ends with it.
        options.processGroupID = 0
        let steps = [TeardownStep.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: grace)]
        options.teardownSequence = steps
        self.teardownSequence = steps
        self.grace = grace
        self.configuration = Configuration(
            executable: name.contains("/") ? .path(FilePath(name)) : .name(name),
            arguments: Arguments(Array(command.dropFirst())),
            platformOptions: options
        )
    }
}
