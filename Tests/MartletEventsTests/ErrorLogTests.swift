// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Logging
import MartletEngine
import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import NIOCore
import Testing

/// What is said of errors where the application does not ask for them.
struct ErrorLogTests {
    private struct Failure: Error {}

    private let log = RecordedLog()

    private var logger: ThrottledLogger { ThrottledLogger(self.log.logger()) }

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
        let lines = self.log.all
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix(line) == true, "\(lines)")
    }

    private enum Role: String, Codable { case admin }

    private struct Auth: Codable {
        var role: Role
    }

    /// Cannot be encoded, and says with what.
    private struct Unencodable: Encodable {
        let secret: String

        func encode(to encoder: any Encoder) throws {
            throw EncodingError.invalidValue(
                self, .init(codingPath: encoder.codingPath, debugDescription: "not \(self.secret)"))
        }
    }

    /// What a client sends, or is sent, may be a secret, whatever is wrong with it.
    @Test(
        arguments: [
            ("role", "notice: argument 0: invalid in 'role'"),
            ("nested", "notice: argument 0.role: invalid in 'nested'"),
            ("decodes", "error: DecodingError: invalid in 'decodes'"),
            ("emits", "error: EncodingError: a value of Unencodable cannot be encoded in 'back'"),
            ("refuses", "debug: EventError: no in 'refuses'"),
        ]
    )
    func noValueIsLogged(event: String, line: String) async throws {
        let io = SocketIOServer(logger: ThrottledLogger(self.log.logger(.trace)))
        io.on("role") { (_: Socket, _: Role) in }
        io.on("nested") { (_: Socket, _: Auth) in }
        io.on("decodes") { (_: Socket, argument: SocketArgument) in _ = try argument.decode(as: Role.self) }
        io.on("emits") { (socket: Socket, secret: String) in socket.emit("back", Unencodable(secret: secret)) }
        io.on("refuses") { (_: Socket, secret: String) in throw EventError(message: "no", data: [secret]) }
        let client = try await io.testClient()
        if event == "nested" {
            try await client.emit(Event(event), ["role": "s3cret"])
        } else {
            try await client.emit(Event(event), "s3cret")
        }
        let logged = self.log.all
        #expect(logged.count == 1)
        #expect(logged.first?.hasPrefix(line) == true, "\(logged)")
        #expect(!logged.joined().contains("s3cret"))
    }

    @Test func noAuthIsLogged() async throws {
        let io = SocketIOServer(logger: self.logger)
        io.use { _ = try $0.handshake.auth.decode(as: Auth.self) }
        await #expect(throws: TestClientError.self) { try await io.testClient(auth: ["role": "s3cret"]) }
        let logged = self.log.all
        #expect(logged.first?.hasPrefix("error: DecodingError.role: invalid of Socket(/ ") == true, "\(logged)")
        #expect(!logged.joined().contains("s3cret"))
    }

    @Test func whatAHandlerAnswersOnPurposeIsNot() async throws {
        let client = try await self.server().testClient()
        try await client.emit("refuse")
        #expect(self.log.all.isEmpty)
    }

    @Test func whoAsksForErrorsIsToldInstead() async throws {
        let io = self.server()
        let told = NIOLockedValueBox(0)
        io.onError { _ in told.withLockedValue { $0 += 1 } }
        let client = try await io.testClient()
        try await client.emit("throw")
        #expect(told.withLockedValue { $0 } == 1)
        #expect(self.log.all.isEmpty)
    }

    @Test func thereIsALineASecondAtMostWhichCountsTheOthers() {
        let logger = self.logger
        let start = NIODeadline.now()
        for milliseconds in [0, 1, 500, 999, 1000, 1001, 3000] as [Int64] {
            logger.log(level: .error, now: start + .milliseconds(milliseconds)) { "at \(milliseconds)" }
            logger.log(level: .debug, now: start + .milliseconds(milliseconds)) { "never" }
        }
        #expect(self.log.all == ["error: at 0", "error: at 1000 omittedLines=3", "error: at 3000 omittedLines=1"])
    }
}
