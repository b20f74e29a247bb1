// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import FaultProxy
internal import Hummingbird
internal import Logging
internal import Martlet
internal import MartletAdmin
internal import MartletObservability

@main
struct App {
    static func main() async throws {
        let environment = Environment()
        let host = environment.get("HOST") ?? "127.0.0.1"  // 0.0.0.0 lets other machines in
        let port = environment.get("PORT", as: Int.self) ?? 3000

        var configuration = SocketIOConfiguration()
        // A connection that is silent for twice this interval counts as dead. The interval is short, so that visitors
        // can watch the pings; other servers should keep the default.
        let pingInterval = Duration.milliseconds(environment.get("PING_INTERVAL", as: Int.self) ?? 2000)
        configuration.pingInterval = pingInterval
        configuration.pingTimeout = pingInterval
        configuration.trustedProxies = .loopback  // The proxy below says who its clients are.
        configuration.history = ChatNamespace.history
        let io = SocketIOServer(configuration: configuration)
        ChatNamespace(io: io).listen()
        ShowcaseNamespace(io: io).listen()
        let tour = io.of("/tour")
        TourNamespace.listen(tour)
        let tourInterval = Duration.milliseconds(environment.get("TOUR_INTERVAL", as: Int.self) ?? 10_000)

        let metrics = PrometheusMetrics()
        io.observe(metrics: metrics)

        let token = environment.get("ADMIN_TOKEN") ?? Self.randomToken()
        let admin = try MartletServer.Mount.admin(io, token: token)

        // The proxy is what visitors connect to. Without it the application would listen on this address itself.
        let proxy = FaultProxy(host: host, port: port) { _ in
            print("Martlet demo: http://\(host):\(port)/")
            print("Its admin page: http://\(host):\(port)/admin, with the token \(token)")
            print("Its metrics for Prometheus: http://\(host):\(port)/metrics")
        }

        let folder = try PublicFolder()
        let router = Router()
        router.addMiddleware {
            PageSecurity.middleware()
            FileMiddleware(fileProvider: folder, cacheControl: PublicFolder.cacheControl, searchForIndexHtml: true)
        }
        FaultRoutes.add(to: router, for: proxy)
        var application = Application(
            router: router,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [
                        MartletServer.channelHandler([.socketIO(io), admin, .metrics(metrics)])
                    ]
                )
            ),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            services: [proxy, TourClock(tour: tour, interval: max(tourInterval, .milliseconds(10)))],
            onServerRunning: { channel in channel.localAddress.map(proxy.forward) }
        )
        application.logger.logLevel = .notice  // The application would log its inner address.
        try await application.runService()
    }

    /// 124 random bits in hexadecimal.
    private static func randomToken() -> String {
        (0..<4).map { _ in String(UInt32.random(in: 0 ... .max) | 1 << 31, radix: 16) }.joined()
    }
}
