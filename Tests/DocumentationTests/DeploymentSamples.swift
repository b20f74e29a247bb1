// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Martlet
import MartletAdmin
import MartletTLS

/// The samples of Platforms.md, BehindAProxy.md and GracefulShutdown.md, and what README.md says of production.
enum DeploymentSamples {
    struct App {
        static func main() async throws {
            let environment = ProcessInfo.processInfo.environment
            var configuration = SocketIOConfiguration()
            configuration.trustedProxies = .privateNetworks  // the router
            let io = SocketIOServer(configuration: configuration)
            io.on("hello") { (socket: Socket, name: String) in socket.emit("hello", name) }
            try await io.run(
                host: environment["HOST"] ?? "0.0.0.0",
                port: environment["PORT"].flatMap(Int.init) ?? 3000
            )
        }
    }

    static func believeProxies() throws -> SocketIOServer {
        var configuration = SocketIOConfiguration()
        configuration.trustedProxies = .loopback  // nginx on the same machine
        configuration.trustedProxies = try TrustedProxies("192.0.2.10", "10.0.0.0/8")
        let io = SocketIOServer(configuration: configuration)
        return io
    }

    static func allowAnOrigin(_ configuration: inout SocketIOConfiguration) {
        configuration.cors = CORSConfiguration(allowedOrigins: .only(["https://www.example.org"]))
    }

    static func shutDownSlowly() -> SocketIOServer {
        var configuration = SocketIOConfiguration()
        configuration.drain.sessionsPerSecond = 500
        configuration.drain.timeout = .seconds(20)
        let io = SocketIOServer(configuration: configuration)
        return io
    }

    static func tellHealth(_ io: SocketIOServer) -> MartletServer {
        let server = MartletServer([.socketIO(io), .health()])
        return server
    }

    static func inProduction(_ io: SocketIOServer, token: String) async throws {
        var configuration = MartletServer.Configuration(host: "0.0.0.0", port: 443)
        configuration.tls = try ServerTLS(certificate: "chain.pem", key: "key.pem")
        let mounts: [MartletServer.Mount] = try [.socketIO(io), .health(), .admin(io, token: token)]
        try await MartletServer(mounts, configuration: configuration).runUntilSignal()
    }
}
