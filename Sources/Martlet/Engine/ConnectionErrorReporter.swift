// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine

/// Tells the application which requests are refused, if it wants to know.
struct ConnectionErrorReporter: Sendable {
    private let hook: @Sendable (ConnectionFailure) -> Void
    private let trustedProxies: TrustedProxies

    init?(_ configuration: EngineIOConfiguration) {
        guard let hook = configuration.onConnectionError else { return nil }
        self.hook = hook
        self.trustedProxies = configuration.trustedProxies
    }

    /// - Parameters:
    ///   - context: see ``HTTPEndpoint/willRefuse(_:_:context:)``.
    ///   - cause: what the application threw.
    func report(
        _ exchange: ServerExchange,
        _ error: EngineIOError,
        context: [String: String]?,
        cause: (any Error)? = nil
    ) {
        self.hook(
            ConnectionFailure(
                request: exchange.handshake(trusting: self.trustedProxies),
                refusal: error,
                context: context ?? error.context(of: exchange.head),
                error: cause
            )
        )
    }
}

extension EngineIOError {
    /// The reference server's details of a refusal that follows from a request's head.
    fileprivate func context(of head: RequestHead) -> [String: String] {
        let query = EngineQuery(target: head.target)
        return switch self {
        case .unknownTransport: ["transport": query.transport ?? ""]
        case .unknownSession: ["sid": query.sid ?? ""]
        case .badHandshakeMethod: ["method": head.method.rawValue]
        case .badRequest, .jsonpUnsupported, .parseError: ["name": "TRANSPORT_HANDSHAKE_ERROR"]
        case .forbidden: ["name": "INVALID_ORIGIN", "origin": head.origin ?? ""]
        case .foreignSession: ["name": "IDENTITY_MISMATCH"]
        case .limited: ["name": "LIMIT_EXCEEDED"]
        case .shuttingDown: ["name": "SHUTTING_DOWN"]
        case .unsupportedProtocolVersion: ["protocol": query.protocolVersion ?? ""]
        }
    }
}
