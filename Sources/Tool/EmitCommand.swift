// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import MartletClient
import MartletClientEngine
import MartletShared
import NIOConcurrencyHelpers

struct EmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "emit",
        abstract: "Sends one event, and prints the answer if one is asked for.",
        discussion: """
            For example:
              martlet emit https://example.com sum 1 2 3 --ack

            Each argument of the event is JSON, so a text has quotes of its own: '"hello"'. The answer's values are \
            printed with blanks between them. The exit code is 0 when the event was sent, and answered if --ack asks for \
            that.
            """
    )

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "The event's name.") var event: String
    // Negative numbers are no options.
    @Argument(parsing: .allUnrecognized, help: "The event's arguments, in JSON.") var arguments: [String] = []
    @Flag(help: "Wait for the server's answer, and print it.") var ack = false

    func validate() throws {
        do throws(ToolFailure) {
            _ = try self.line()
        } catch {
            throw ValidationError(error.description)
        }
    }

    private func line() throws(ToolFailure) -> EventLine {
        try EventLine(self.event, isQuestion: self.ack, self.arguments.map { Substring($0) })
    }

    func run() async throws {
        let line = try self.line()
        let client = try self.connection.makeClient(reconnects: false)
        let ended = NIOLockedValueBox<SessionEndReason?>(nil)
        let fault = NIOLockedValueBox<(any Error)?>(nil)
        client.watch { notice in
            if case .ended(let reason) = notice { ended.withLockedValue { $0 = reason } }
        }
        client.onError { error in fault.withLockedValue { $0 = error } }
        let socket = self.connection.makeSocket(client)
        do {
            try await socket.connect(within: self.connection.timeout)
            if line.isQuestion {
                let answer: SocketArguments = try await socket.emitWithAck(
                    Event(line.event), line.arguments, timeout: .seconds(self.connection.timeout))
                Terminal.print(Terminal.safe(answer.text))
            } else {
                socket.emit(Event(line.event), line.arguments)
            }
            await client.close()
            if let error = fault.withLockedValue({ $0 }) { throw error }
        } catch {
            throw ToolFailure(error, after: ended.withLockedValue { $0 })
        }
    }
}
