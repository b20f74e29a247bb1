// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Hummingbird
internal import Martlet

@main
struct App {
    static func main() async throws {
        let environment = Environment()
        let host = environment.get("HOST") ?? "127.0.0.1"  // 0.0.0.0 lets other machines in
        let port = environment.get("PORT", as: Int.self) ?? 3000

        let io = SocketIOServer()
        ChatNamespace(io: io).listen()

        let folder = try PublicFolder()
        let router = Router()
        router.addMiddleware {
            PageSecurity.middleware()
            FileMiddleware(fileProvider: folder, cacheControl: PublicFolder.cacheControl, searchForIndexHtml: true)
        }
        let application = Application(
            router: router,
            server: .http1(configuration: .init(additionalChannelHandlers: [io.channelHandler()])),
            configuration: .init(address: .hostname(host, port: port)),
            onServerRunning: { _ in print("Martlet demo: http://\(host):\(port)/") }
        )
        try await application.runService()
    }
}
