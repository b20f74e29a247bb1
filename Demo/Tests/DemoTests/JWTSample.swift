// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import JWTKit
import Martlet

/// The samples of Authentication.md that need JWTKit. ``JWTTests`` runs them.
enum JWTSample {
    struct Access: JWTPayload {
        let sub: SubjectClaim
        let exp: ExpirationClaim

        func verify(using algorithm: some JWTAlgorithm) throws { try self.exp.verifyNotExpired() }

        /// As time since 1970.
        var end: Duration { .seconds(self.exp.value.timeIntervalSince1970) }
    }

    static func identify(_ configuration: inout SocketIOConfiguration, _ keys: JWTKeyCollection) {
        configuration.sessionIdentity = { request in
            let cookies = request.head.headerFields[.cookie]?.split(separator: "; ") ?? []
            guard let cookie = cookies.first(where: { $0.hasPrefix("access=") }) else { return nil }
            return try await keys.verify(String(cookie.dropFirst(7)), as: Access.self).sub.value
        }
    }

    static func admit(to io: SocketIOServer, _ keys: JWTKeyCollection) {
        io.use { socket in
            let auth = try? socket.handshake.auth.decode(as: [String: String].self)
            guard let access = try? await keys.verify(auth?["token"] ?? "", as: Access.self) else {
                throw ConnectionRefused(message: "Not authorized")
            }
            socket.data["user"] = access.sub.value
            socket.expires(at: access.end)
        }
        io.on("renew") { (socket: Socket, token: String) in
            guard let access = try? await keys.verify(token, as: Access.self),
                access.sub.value == socket.data["user", as: String.self]
            else { throw EventError(message: "Not authorized") }
            socket.expires(at: access.end)
        }
    }
}
