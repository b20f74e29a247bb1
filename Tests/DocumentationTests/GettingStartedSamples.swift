// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import Logging
import Martlet
import NIOCore
import ServiceLifecycle
import UnixSignals

/// The samples of README.md and GettingStarted.md.
enum GettingStartedSamples {
    struct Message: Codable, Sendable { var author: String, text: String }

    struct Chat {
        static func main() async throws {
            let io = SocketIOServer()
            io.onConnection { socket in socket.join("lobby") }
            io.on("say") { (socket: Socket, message: Message) in
                socket.to("lobby").emit("said", message)
            }
            // What a handler returns is the answer.
            io.on("sum") { (_: Socket, numbers: [Int]) -> Int in numbers.reduce(0, +) }
            try await io.run(port: 3000)
        }
    }

    static func leaveForAnotherOrigin() -> SocketIOServer {
        var configuration = SocketIOConfiguration()
        configuration.cors = CORSConfiguration(allowedOrigins: .only(["http://localhost:8000"]))
        let io = SocketIOServer(configuration: configuration)
        return io
    }

    struct Version: Endpoint {
        let path = "/version"

        func respond(to request: HTTPRequest, body: ByteBuffer) async -> MartletServer.Reply {
            MartletServer.Reply(status: .ok, body: ByteBuffer(string: "1.0"))
        }
    }

    struct Clock: Service {
        let io: SocketIOServer

        func run() async throws {
            try? await cancelWhenGracefulShutdown {
                while true {
                    try await Task.sleep(for: .seconds(1))
                    self.io.volatile.emit("time", Date.now)
                }
            }
        }
    }

    static func push(_ io: SocketIOServer) async throws {
        try await io.run(port: 3000, services: [Clock(io: io)])
    }

    static func serve(_ io: SocketIOServer, beside database: some Service, _ logger: Logger) async throws {
        let server = MartletServer([.socketIO(io), .health()])
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: database), .init(service: server)],
                gracefulShutdownSignals: [.sigterm],
                logger: logger
            )
        )
        try await group.run()
    }

    static func serve(_ io: SocketIOServer) async throws {
        let server = MartletServer([.socketIO(io), .endpoint(Version())])
        try await server.run()
    }
}
