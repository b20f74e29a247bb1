// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Hummingbird
internal import Logging
internal import Martlet

/// A chat inside of a web application. Who has logged in there is known to its sockets: `POST /login?user=ada`, then
/// `join`, `say`, `search`.
@main
struct Chat {
    enum UserKey: SocketDataKey { typealias Value = String }
    static let log = Logger(label: "chat")

    static func main() async throws {
        let (logins, router) = (Logins(), Router())
        router.post("login") { request, _ in
            let user = try request.uri.queryParameters.require("user")
            var response = Response(status: .noContent)
            response.setCookie(Cookie(name: "login", value: await logins.begin(user), path: "/", sameSite: .lax))
            return response
        }
        var configuration = SocketIOConfiguration()
        // What the application's middleware would ask, too. The session then belongs to this user.
        configuration.sessionIdentity = { await logins.user($0.head.headerFields[values: .cookie]) }
        let io = SocketIOServer(configuration: configuration)
        Self.listen(io)
        let application = Application(
            router: router,
            server: .http1(configuration: .init(additionalChannelHandlers: [io.channelHandler()])),
            configuration: .init(address: .hostname("127.0.0.1", port: Environment().get("PORT", as: Int.self) ?? 3000))
        )
        try await application.runService()
    }

    static func listen(_ io: SocketIOServer) {
        io.use { socket in
            guard let user = socket.handshake.request.identity else { throw ConnectionRefused(message: "Log in first") }
            socket.data[UserKey.self] = user
        }
        io.on("join") { (socket: Socket, room: String) async -> [String] in
            socket.join(room)
            socket.to(room).emit("joined", room, socket.data[UserKey.self])
            return await io.to(room).sockets().compactMap { $0.data[UserKey.self] }.sorted()
        }
        io.on("say") { (socket: Socket, room: String, text: String) throws -> Bool in
            guard socket.rooms.contains(room) else { throw EventError(message: "Join first", code: "not_in_room") }
            io.to(room).emit("said", room, socket.data[UserKey.self], text)
            return true
        }
        io.on("search") { (socket: Socket, word: String) async throws -> [String] in
            do {
                try await Task.sleep(for: .milliseconds(300))  // an index would take this long
                return ["\(word) was found"]
            } catch {
                Self.log.info("nobody waits for \(word) any more")
                throw error
            }
        }
        io.onDisconnect { socket, reason in Self.log.info("\(socket.data[UserKey.self] ?? "") left: \(reason)") }
    }
}

/// Who is logged in, by the cookie that the login has set.
actor Logins {
    private var users: [String: String] = [:]

    func begin(_ user: String) -> String {
        let token = (0..<4).map { _ in String(UInt32.random(in: .min ... .max), radix: 36) }.joined()
        self.users[token] = user
        return token
    }

    func user(_ cookies: [String]) -> String? {
        let cookie = cookies.flatMap { $0.split(separator: "; ") }.first { $0.hasPrefix("login=") }
        return cookie.flatMap { self.users[String($0.dropFirst(6))] }
    }
}
