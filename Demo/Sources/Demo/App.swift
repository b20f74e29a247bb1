// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import FaultProxy
internal import Hummingbird
internal import Logging
internal import Martlet

@main
struct App {
    static func main() async throws {
        let environment = Environment()
        let host = environment.get("HOST") ?? "127.0.0.1"  // 0.0.0.0 lets other machines in
        let port = environment.get("PORT", as: Int.self) ?? 3000

        var configuration = SocketIOConfiguration()
        // A connection that is silent for twice as long is taken for dead. So often, that is worth watching; a server that
        // nobody watches keeps to the default.
        let pingInterval = Duration.milliseconds(environment.get("PING_INTERVAL", as: Int.self) ?? 2000)
        configuration.pingInterval = pingInterval
        configuration.pingTimeout = pingInterval
        configuration.trustedProxies = .loopback  // The proxy below says who its clients are.
        let io = SocketIOServer(configuration: configuration)
        ChatNamespace(io: io).listen()
        ShowcaseNamespace(io: io).listen()

        // What the world sees. Without it the application would listen there itself.
        let proxy = FaultProxy(host: host, port: port) { _ in print("Martlet demo: http://\(host):\(port)/") }

        let folder = try PublicFolder()
        let router = Router()
        router.addMiddleware {
            PageSecurity.middleware()
            FileMiddleware(fileProvider: folder, cacheControl: PublicFolder.cacheControl, searchForIndexHtml: true)
        }
        FaultRoutes.add(to: router, for: proxy)
        var application = Application(
            router: router,
            server: .http1(configuration: .init(additionalChannelHandlers: [io.channelHandler()])),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            services: [proxy],
            onServerRunning: { channel in channel.localAddress.map(proxy.forward) }
        )
        application.logger.logLevel = .notice  // The address that it would tell is the inner one.
        try await application.runService()
    }
}
