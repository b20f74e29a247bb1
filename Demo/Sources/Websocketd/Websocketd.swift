// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Logging
internal import Martlet
internal import ServiceLifecycle
internal import UnixSignals

/// A program at the end of each WebSocket.
@main
struct Websocketd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "websocketd",
        abstract: "Serves a program over WebSockets: each connection has a process of its own.",
        usage: "websocketd [options] -- <program> [arguments]",
        discussion: """
            A line of the process's standard output is a text message to the peer, and a text message is a line of \
            the process's standard input. Its standard error goes to the log. The process is ended when its \
            connection ends. The connection is closed when its process ends: with 1000, or with 1011 if the process \
            has failed. Web pages may connect from the same origin only.
            """
    )

    @Option(help: "The name or address to listen on.") var host = "127.0.0.1"
    @Option(help: "The port to listen on; 0 picks a free one.") var port = 8080
    @Option(help: "How many processes may run at once.") var maxProcesses = 100
    @Option(help: "The longest line and the longest message, in bytes.") var maxLine = 65_536
    @Option(help: "How many bytes may wait for a slow peer, and for a slow process.") var maxWaiting = 16 << 20
    @Option(help: "How many seconds a process has after SIGTERM, before SIGKILL.") var grace = 5.0
    @Argument(parsing: .postTerminator, help: "The program and its arguments.") var command: [String]

    func validate() throws {
        guard (0...65_535).contains(self.port) else { throw ValidationError("There is no port \(self.port).") }
        guard self.maxProcesses > 0, self.maxLine > 0, self.maxWaiting > 0 else {
            throw ValidationError("A limit is at least 1.")
        }
        guard self.grace >= 0, self.grace.isFinite else { throw ValidationError("A time is at least 0.") }
    }

    func run() async throws {
        let logger = Logger(label: "websocketd")
        let processes = ProcessService(
            program: Program(self.command, grace: .seconds(self.grace)),
            limits: Limits(processes: self.maxProcesses, lineBytes: self.maxLine, waitingBytes: self.maxWaiting),
            logger: logger
        )
        let server = MartletServer(
            [.webSocket(processes.server)],
            configuration: .init(host: self.host, port: self.port),
            onListening: { logger.notice("Listening", metadata: ["address": "\($0)"]) }
        )
        // They go down from the last to the first: the event loops outlive the processes, whose last lines they send.
        let group = ServiceGroup(
            services: [server, processes],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        try await group.run()
    }
}
