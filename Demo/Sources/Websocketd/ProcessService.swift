// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Martlet
internal import NIOConcurrencyHelpers
internal import NIOPosix
internal import ServiceLifecycle

/// Runs a process for each WebSocket. A graceful shutdown ends the processes, and then closes their connections.
struct ProcessService: Service {
    let server: WebSocketServer
    private let connections: AsyncStream<ProcessConnection>
    private let program: Program
    private let limits: Limits
    private let places: Places
    private let logger: Logger

    init(program: Program, limits: Limits, logger: Logger) {
        let (connections, continuation) = AsyncStream.makeStream(of: ProcessConnection.self)
        let places = Places(limits.processes)
        self.connections = connections
        self.program = program
        self.limits = limits
        self.places = places
        self.logger = logger

        var configuration = WebSocketServer.Configuration()
        configuration.maxMessageSize = limits.lineBytes
        configuration.unsentLimit = limits.waitingBytes
        configuration.readPauseLimit = min(configuration.readPauseLimit, limits.waitingBytes)
        self.server = WebSocketServer(path: "/", configuration: configuration) { socket in
            guard let eventLoop = MultiThreadedEventLoopGroup.currentEventLoop, places.take() else {
                // 1013, try again later: IANA's registry of close codes.
                return socket.close(code: 1013, reason: "too many processes")
            }
            let connection = ProcessConnection(socket, on: eventLoop, inputLimit: limits.waitingBytes)
            if case .terminated = continuation.yield(connection) { socket.close(code: 1001) }
        }
    }

    func run() async {
        await withDiscardingTaskGroup { group in
            for await connection in self.connections.cancelOnGracefulShutdown() {
                group.addTask {
                    await connection.run(self.program, lineLimit: self.limits.lineBytes, logger: self.logger)
                    self.places.giveBack()
                }
            }
        }
    }
}

/// Counts the processes, so that there are never too many. A process that takes its time to end counts still.
private struct Places: Sendable {
    private let free: NIOLockedValueBox<Int>

    init(_ count: Int) {
        self.free = NIOLockedValueBox(count)
    }

    /// Whether there was a free place.
    func take() -> Bool {
        self.free.withLockedValue { free in
            guard free > 0 else { return false }
            free -= 1
            return true
        }
    }

    func giveBack() {
        self.free.withLockedValue { $0 += 1 }
    }
}
