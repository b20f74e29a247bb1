// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import MartletEngine
internal import MartletEvents
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Lets those in who know the token.
final class AdminGate: Sendable {
    private struct Auth: Decodable {
        let token: String
    }

    private struct Wait: Encodable, Sendable {
        /// In seconds.
        let retryAfter: Int
    }

    private let token: AdminToken
    private let limiter = NIOLockedValueBox(AttemptLimiter())
    private let log = ThrottledLogger()

    init(_ token: AdminToken) {
        self.token = token
    }

    func admit(_ socket: Socket) throws(ConnectionRefused) {
        let handshake = socket.handshake
        try self.admit(handshake.auth, from: handshake.address, now: .now())
    }

    func admit(_ auth: SocketArgument, from address: SocketAddress?, now: NIODeadline) throws(ConnectionRefused) {
        let host = address.flatMap(IPAddress.init)
        let name = address?.ipAddress ?? "an unknown address"
        if let wait = self.limiter.withLockedValue({ $0.wait(of: host, now: now) }) {
            self.log.log(level: .warning) { "admin: \(name) was refused: too many attempts" }
            let seconds = Int((wait.nanoseconds + 999_999_999) / 1_000_000_000)
            throw ConnectionRefused(message: "Too many attempts", data: Wait(retryAfter: seconds))
        }
        let given = (try? auth.decode(as: Auth.self))?.token
        if let given, self.token.matches(given) { return }
        self.limiter.withLockedValue { $0.failed(host, now: now) }
        self.log.log(level: .warning) { "admin: \(name) was refused: \(given == nil ? "no token" : "a wrong token")" }
        throw ConnectionRefused(message: "Not authorized")
    }
}
