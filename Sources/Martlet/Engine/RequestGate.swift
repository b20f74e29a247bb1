// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import HTTPTypes
internal import MartletEngine

/// What an application says to requests: its HTTP middleware to each, `sessionIdentity` to those that open or use a
/// session, `allowRequest` to handshakes.
struct RequestGate: Sendable {
    /// What a request is for, if the server's own checks let it pass. A handshake's protocol version is not one of them.
    enum Purpose {
        case handshake
        case session
        case other
    }

    /// Called when the application refuses a request.
    typealias Refused = @Sendable (EngineIOError, _ context: [String: String], any Error) -> Void

    private let middleware: [HTTPMiddleware]
    private let identity: (@Sendable (HandshakeRequest) async throws -> String?)?
    private let allowRequest: (@Sendable (HandshakeRequest) async throws -> Void)?

    /// - Returns: `nil` when the application has nothing to say.
    init?(_ configuration: EngineIOConfiguration) {
        if configuration.httpMiddleware.isEmpty, configuration.sessionIdentity == nil,
            configuration.allowRequest == nil
        {
            return nil
        }
        self.middleware = configuration.httpMiddleware
        self.identity = configuration.sessionIdentity
        self.allowRequest = configuration.allowRequest
    }

    /// Asks the application about a request.
    /// - Returns: `nil` when the application has nothing to say.
    func admission(
        of request: @autoclosure () -> HandshakeRequest,
        purpose: () -> Purpose,
        refused: @escaping Refused
    ) -> Admission? {
        let purpose = self.identity != nil || self.allowRequest != nil ? purpose() : .other
        let identifies = self.identity != nil && purpose != .other
        let asks = self.allowRequest != nil && purpose == .handshake
        guard identifies || asks || !self.middleware.isEmpty else { return nil }
        let request = request()
        return {
            var verdict = await self.passMiddleware(request, refused)
            if identifies, verdict.answer == nil { await self.identify(request, &verdict, refused) }
            if asks, verdict.answer == nil { await self.ask(request, &verdict, refused) }
            return verdict
        }
    }

    /// Asks only who makes a request, which another node has forwarded.
    func identification(of request: @autoclosure () -> HandshakeRequest, refused: @escaping Refused) -> Admission? {
        guard self.identity != nil else { return nil }
        let request = request()
        return {
            var verdict = Verdict()
            await self.identify(request, &verdict, refused)
            return verdict
        }
    }

    private func passMiddleware(_ request: HandshakeRequest, _ refused: Refused) async -> Verdict {
        var verdict = Verdict()
        do {
            for middleware in self.middleware {
                if let reply = try await middleware(request, &verdict.fields) {
                    verdict.answer = HTTPAnswer(underPath: reply)
                    break
                }
            }
        } catch {
            let refusal = (error as? RequestRefused).map { EngineIOError.forbidden(message: $0.message) }
            refused(refusal ?? .badRequest, ["name": "MIDDLEWARE_FAILURE"], error)
            verdict.answer = .error(refusal ?? .badRequest)
        }
        verdict.fields.removeServersOwn()
        return verdict
    }

    private func identify(_ request: HandshakeRequest, _ verdict: inout Verdict, _ refused: Refused) async {
        do {
            verdict.identity = try await self.identity?(request)
        } catch {
            verdict.refuse(error, refused)
        }
    }

    private func ask(_ request: HandshakeRequest, _ verdict: inout Verdict, _ refused: Refused) async {
        var request = request
        request.identity = verdict.identity
        do {
            try await self.allowRequest?(request)
        } catch {
            verdict.refuse(error, refused)
        }
    }
}

extension Verdict {
    fileprivate mutating func refuse(_ error: any Error, _ refused: RequestGate.Refused) {
        let refusal = EngineIOError.forbidden(message: (error as? RequestRefused)?.message)
        refused(refusal, ["message": refusal.message], error)
        self.answer = .error(refusal)
    }
}
