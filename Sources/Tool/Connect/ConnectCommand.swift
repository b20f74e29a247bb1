// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import MartletClient
import MartletShared

struct ConnectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Connects, prints each event, and sends what you type.",
        discussion: """
            For example:
              martlet connect https://example.com/chat --auth '{"token":"secret"}'

            A line sends an event: its name, then its arguments in JSON with blanks between them:
              say "hello" {"to":"lobby"}
            A question mark after the name asks for an answer, which is printed with the time that it took:
              sum? 1 2 3
            A name with blanks stands in quotes. Ctrl-D waits for the answers, and leaves; Ctrl-C leaves at once.
            """
    )

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let (endings, ending) = AsyncStream.makeStream(of: ConnectEnding.self)
        let interruption = Interruption { ending.yield(.left) }
        defer { withExtendedLifetime(interruption) {} }
        let client = try self.connection.makeClient(reconnects: true)
        let socket = self.connection.makeSocket(client)
        let view = ConnectView { ending.yield($0) }
        client.watch { view.show($0) }
        // Of a failed attempt to connect the view has heard already.
        client.onError { if !($0 is ConnectionFailed) { view.show($0) } }
        let connecting = Task {
            do {
                try await socket.connect(within: self.connection.timeout)
                InputReader(socket, timeout: .seconds(self.connection.timeout), view).start {
                    ending.yield(.left)
                }
            } catch is CancellationError {
            } catch {
                ending.yield(.failed(ToolFailure(error)))
            }
        }
        let first = await endings.first { _ in true } ?? .left
        connecting.cancel()
        await Self.close(client)
        if case .failed(let failure) = first { throw failure }
    }

    /// How long the last events may take to go out.
    private static let patience = Duration.seconds(3)

    private static func close(_ client: SocketIOClient) async {
        let (closings, closing) = AsyncStream.makeStream(of: Void.self)
        Task {
            await client.close()
            closing.yield()
        }
        Task {
            try await Task.sleep(for: self.patience)
            closing.yield()
        }
        _ = await closings.first { _ in true }
    }
}

/// Why the command ends.
enum ConnectEnding: Sendable {
    case left
    case failed(ToolFailure)
}
