// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import HTTPTypes
internal import MartletEngine
internal import NIOCore

/// Requests for sessions that are not on this node: another node may have the session.
extension EngineEndpoint {
    /// Answers a request for a session that is not on this node.
    /// - Parameters:
    ///   - isRepeatable: whether the session tells a repeated request from a new one.
    ///   - unknown: answers when no node has the session. Called on the event loop that answers.
    func forward(
        _ exchange: ServerExchange,
        for id: SessionID,
        body: ByteBuffer = ByteBuffer(),
        isRepeatable: Bool = false,
        unknown: @escaping @Sendable () -> Void
    ) {
        guard let forwarder = self.engine.node.forwarder else { return unknown() }
        if exchange.progress.origin == nil {
            exchange.onChannel {
                guard exchange.takeBack() else { return }
                forwarder.forward(exchange, for: id, body: body, isRepeatable: isRepeatable, unknown: unknown)
            }
        } else if let node = forwarder.newNode(of: id) {
            // A forwarded request is never forwarded again, so nodes that are wrong about each other make no loop.
            exchange.respond(.moved(to: node))
        } else {
            unknown()
        }
    }

    func receiveElsewhere(_ id: SessionID, _ counts: EngineRequest.Counts, _ exchange: ServerExchange) {
        self.forward(exchange, for: id, isRepeatable: counts.acknowledged != nil) {
            exchange.refuse(self.engine.absence(of: id))
        }
    }

    /// A request says that another node has forwarded it. That node has done what concerns the request as such: it has
    /// asked the application's middleware, and adds the header fields of the answer. Whose the session is, only this
    /// node knows.
    func begin(_ exchange: ServerExchange, forwardedBy forwarder: any SessionForwarder, _ field: String) -> Admission? {
        if let origin = forwarder.origin(of: exchange, field) {
            exchange.progress.origin = origin
            return self.gate?.identification(
                of: exchange.handshake(trusting: self.trustedProxies),
                refused: { [errors] in errors?.report(exchange, $0, context: $1, cause: $2) }
            )
        }
        exchange.willRefuse(.forbidden(message: nil), context: ["name": "FORWARDING_REFUSED"])
        return { Verdict(answer: .error(.forbidden(message: nil))) }
    }
}

/// A POST for a session that is not on this node.
final class ForwardedUpload: RequestBodyReceiver {
    private let exchange: ServerExchange
    private let id: SessionID
    private let counts: EngineRequest.Counts
    private let endpoint: EngineEndpoint

    init(
        _ exchange: ServerExchange,
        _ id: SessionID,
        _ counts: EngineRequest.Counts,
        _ endpoint: EngineEndpoint
    ) {
        self.exchange = exchange
        self.id = id
        self.counts = counts
        self.endpoint = endpoint
    }

    func received(_ body: ByteBuffer) {
        self.endpoint.forward(self.exchange, for: self.id, body: body, isRepeatable: self.counts.first != nil) {
            [exchange, endpoint, id] in exchange.refuse(endpoint.engine.absence(of: id))
        }
    }

    func abandoned() {}
}

extension ServerExchange: ForwardableExchange {
    var method: HTTPRequest.Method { self.head.method }
    var target: String { self.head.target }
    var host: String? { self.head.host }
    var asksForWebSocket: Bool { self.head.asksForWebSocket }
    var addedFields: HTTPFields { self.progress.fields }
    func forEachField(_ body: (_ name: String, _ value: String) -> Void) { self.head.forEachField(body) }
}

extension HTTPAnswer {
    /// Tells the node that has forwarded a request where the session is by now.
    fileprivate static func moved(to node: String) -> HTTPAnswer {
        var answer = HTTPAnswer(status: .misdirectedRequest, contentType: nil)
        if let name = HTTPField.Name(ForwardingField.sessionNode) { answer.otherFields[name] = node }
        return answer
    }
}
