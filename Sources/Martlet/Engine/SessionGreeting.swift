// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import MartletEngine

/// What the answer to a handshake says beyond other answers: the application's header fields, and the cookie.
struct SessionGreeting: Sendable {
    private let headers: (@Sendable (HandshakeRequest, inout HTTPFields) -> Void)?
    private let cookie: SessionCookie?

    /// - Returns: `nil` when it says nothing.
    init?(_ configuration: EngineIOConfiguration) {
        if configuration.initialHeaders == nil, configuration.cookie == nil { return nil }
        self.headers = configuration.initialHeaders
        self.cookie = configuration.cookie
    }

    /// - Parameter isUpgrade: whether the answer is a WebSocket's, which sets no cookie, as in the reference server: no
    ///   further request follows it.
    func addFields(to exchange: ServerExchange, _ request: HandshakeRequest, _ id: SessionID, isUpgrade: Bool) {
        self.headers?(request, &exchange.progress.fields)
        exchange.progress.fields.removeServersOwn()
        guard let cookie = self.cookie, !isUpgrade else { return }
        exchange.progress.fields.append(HTTPField(name: .setCookie, value: cookie.field(for: id)))
    }
}
