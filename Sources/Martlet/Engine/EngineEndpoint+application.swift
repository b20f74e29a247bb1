// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import HTTPTypes
internal import MartletEngine

/// What an application may have a part in: which requests are handled, and the header fields and the form of answers.
extension EngineEndpoint {
    func begin(_ exchange: ServerExchange) -> Admission? {
        if let field = exchange.head.forwarded, let forwarder = self.engine.node.forwarder {
            return self.begin(exchange, forwardedBy: forwarder, field)
        }
        exchange.progress.fields = self.origins.fields(for: exchange.head)
        if let headers = self.headers {
            headers(exchange.handshake(trusting: self.trustedProxies), &exchange.progress.fields)
            exchange.progress.fields.removeServersOwn()
        }
        guard let gate = self.gate, !self.origins.isPreflight(exchange.head),
            self.files?.takes(exchange.head, under: self.path) != true
        else { return nil }
        return gate.admission(
            of: exchange.handshake(trusting: self.trustedProxies),
            purpose: { self.purpose(of: exchange) },
            refused: { error, context, cause in
                self.countRefusal(of: exchange, error)
                self.errors?.report(exchange, error, context: context, cause: cause)
            }
        )
    }

    private func purpose(of exchange: ServerExchange) -> RequestGate.Purpose {
        do throws(EngineIOError) {
            return switch try self.classify(exchange, logs: false) {
            case .handshake: .handshake
            case .receive, .send, .probe, .attach: .session
            case .trial: .other
            }
        } catch {
            // That check comes last in the reference server, after the application's.
            return error == .unsupportedProtocolVersion ? .handshake : .other
        }
    }

    func willRefuse(_ exchange: ServerExchange, _ error: EngineIOError, context: [String: String]?) {
        self.countRefusal(of: exchange, error)
        self.errors?.report(exchange, error, context: context)
    }

    private func countRefusal(of exchange: ServerExchange, _ error: EngineIOError) {
        // A request that names a session is no handshake.
        let query = EngineQuery(target: exchange.head.target)
        guard query.sid == nil else { return }
        // Only a name that the server knows is told: another may be anything.
        let transport = self.engine.configuration.transports.first { $0.rawValue == query.transport }
        self.engine.refusedHandshakes.count(error, transport: transport)
    }

    func compress(_ answer: HTTPAnswer, for exchange: ServerExchange) -> HTTPAnswer {
        self.compressor?.compress(answer, for: exchange) ?? answer
    }
}
