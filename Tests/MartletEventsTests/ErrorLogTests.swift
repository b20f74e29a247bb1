// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Logging
import MartletEngine
import MartletEvents
import MartletTesting
import NIOConcurrencyHelpers
import NIOCore
import Testing

/// What is said of errors where the application does not ask for them.
struct ErrorLogTests {
    private struct Handler: LogHandler {
        let lines: NIOLockedValueBox<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.notice

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let omitted = event.metadata?["omittedLines"].map { " (\($0))" } ?? ""
            self.lines.withLockedValue { $0.append("\(event.level): \(event.message)\(omitted)") }
        }
    }

    private struct Failure: Error {}

    private let lines = NIOLockedValueBox<[String]>([])

    private var logger: ThrottledLogger {
        let lines = self.lines
        return ThrottledLogger(Logger(label: "test") { _ in Handler(lines: lines) })
    }

    private func server() -> SocketIOServer {
        let io = SocketIOServer(logger: self.logger)
        io.on("throw") { (_: Socket) in throw Failure() }
        io.on("refuse") { (_: Socket) in throw EventError(message: "no") }
        io.on("number") { (_: Socket, _: Int) in }
        return io
    }

    @Test(
        arguments: [
            ("throw", "error: Failure() in 'throw' of Socket(/ "),
            ("number", "notice: argument 0: "),
        ]
    )
    func errorsAreLogged(event: String, line: String) async throws {
        let client = try await self.server().testClient()
        try await client.emit(Event(event), "text")
        let lines = self.lines.withLockedValue { $0 }
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix(line) == true, "\(lines)")
    }

    @Test func whatAHandlerAnswersOnPurposeIsNot() async throws {
        let client = try await self.server().testClient()
        try await client.emit("refuse")
        #expect(self.lines.withLockedValue { $0 }.isEmpty)
    }

    @Test func whoAsksForErrorsIsToldInstead() async throws {
        let io = self.server()
        let told = NIOLockedValueBox(0)
        io.onError { _ in told.withLockedValue { $0 += 1 } }
        let client = try await io.testClient()
        try await client.emit("throw")
        #expect(told.withLockedValue { $0 } == 1)
        #expect(self.lines.withLockedValue { $0 }.isEmpty)
    }

    @Test func thereIsALineASecondAtMostWhichCountsTheOthers() {
        let logger = self.logger
        let start = NIODeadline.now()
        for milliseconds in [0, 1, 500, 999, 1000, 1001, 3000] as [Int64] {
            logger.log(level: .error, now: start + .milliseconds(milliseconds)) { "at \(milliseconds)" }
            logger.log(level: .debug, now: start + .milliseconds(milliseconds)) { "never" }
        }
        #expect(self.lines.withLockedValue { $0 } == ["error: at 0", "error: at 1000 (3)", "error: at 3000 (1)"])
    }
}
