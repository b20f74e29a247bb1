// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Martlet

/// The samples of Connections.md.
enum ConnectionsSamples {
    struct Accounts {
        func isKnown(_ token: String?) async throws -> Bool { token != nil }
    }

    actor Limiter {
        func admits(_ address: SocketAddress?) -> Bool { address != nil }
    }

    struct Logger {
        func notice(_ text: String) {}
    }

    static func decide(_ configuration: inout SocketIOConfiguration, accounts: Accounts, limiter: Limiter) {
        configuration.allowRequest = { request in
            let token = request.head.headerFields[.authorization]
            guard try await accounts.isKnown(token) else { throw RequestRefused(message: "sign in first") }
        }
        configuration.httpMiddleware.append { request, fields in
            fields[.strictTransportSecurity] = "max-age=63072000"
            guard await limiter.admits(request.remoteAddress) else {
                return HTTPReply(status: .tooManyRequests, headerFields: [.retryAfter: "10"])
            }
            return nil
        }
    }

    static func answer(_ configuration: inout SocketIOConfiguration) throws {
        configuration.initialHeaders = { request, fields in
            fields[.server] = "chat/1"  // once a session, with the answer to its handshake
        }
        configuration.headers = { request, fields in
            fields[.strictTransportSecurity] = "max-age=31536000"  // with every answer
        }
        configuration.cookie = try SessionCookie()
        configuration.cookie = try SessionCookie(name: "chat", maxAge: .seconds(3600), secure: true, sameSite: .strict)
        configuration.initialPacket = .text("welcome")
    }

    static func listen(_ configuration: inout SocketIOConfiguration, logger: Logger) {
        configuration.onConnectionError = { failure in
            logger.notice("\(failure.code) \(failure.message) \(failure.context)")
        }
    }

    static func compress(_ configuration: inout SocketIOConfiguration) {
        configuration.httpCompression?.threshold = 4096
        configuration.httpCompression = nil  // none
    }
}
