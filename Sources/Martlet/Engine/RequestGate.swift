// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import HTTPTypes
internal import MartletEngine

/// What an application says to requests: its HTTP middleware to each, `allowRequest` to handshakes.
struct RequestGate: Sendable {
    private let middleware: [HTTPMiddleware]
    private let allowRequest: (@Sendable (HandshakeRequest) async throws -> Void)?

    /// - Returns: `nil` when the application has nothing to say.
    init?(_ configuration: EngineIOConfiguration) {
        if configuration.httpMiddleware.isEmpty, configuration.allowRequest == nil { return nil }
        self.middleware = configuration.httpMiddleware
        self.allowRequest = configuration.allowRequest
    }

    /// Asks the application about a request.
    /// - Parameters:
    ///   - isHandshake: whether the request is a handshake that the server's own checks let pass, but for the check of
    ///     the protocol's version, which comes last in the reference server.
    ///   - refused: called when the application refuses the request.
    /// - Returns: `nil` when the application has nothing to say.
    func admission(
        of request: @autoclosure () -> HandshakeRequest,
        isHandshake: () -> Bool,
        refused: @escaping @Sendable (EngineIOError, _ context: [String: String], any Error) -> Void
    ) -> Admission? {
        let asks = self.allowRequest != nil && isHandshake()
        guard asks || !self.middleware.isEmpty else { return nil }
        let request = request()
        return { await self.verdict(on: request, isHandshake: asks, refused: refused) }
    }

    private func verdict(
        on request: HandshakeRequest,
        isHandshake: Bool,
        refused: (EngineIOError, _ context: [String: String], any Error) -> Void
    ) async -> Verdict {
        var verdict = Verdict()
        do {
            for middleware in self.middleware {
                if let reply = try await middleware(request, &verdict.fields) {
                    verdict.answer = HTTPAnswer(reply)
                    break
                }
            }
        } catch {
            let refusal = (error as? RequestRefused).map { EngineIOError.forbidden(message: $0.message) }
            refused(refusal ?? .badRequest, ["name": "MIDDLEWARE_FAILURE"], error)
            verdict.answer = .error(refusal ?? .badRequest)
        }
        verdict.fields.removeServersOwn()
        guard isHandshake, verdict.answer == nil, let allowRequest = self.allowRequest else { return verdict }
        do {
            try await allowRequest(request)
        } catch {
            let refusal = EngineIOError.forbidden(message: (error as? RequestRefused)?.message)
            refused(refusal, ["message": refusal.message], error)
            verdict.answer = .error(refusal)
        }
        return verdict
    }
}
