// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Martlet
import NIOCore

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

    static func serve(_ io: SocketIOServer) async throws {
        let server = MartletServer([.socketIO(io), .endpoint(Version())])
        try await server.run()
    }
}
