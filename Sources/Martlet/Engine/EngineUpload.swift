// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine
internal import NIOCore

/// A POST between its head and its end. While the body arrives, the session is looked up, so that the complete body is
/// handed to the session or refused at once.
///
/// `@unchecked Sendable`: `exchange`, `transport` and `counts` never change; `state` is used on the event loop of the
/// session only, to which each event hops in the order in which it came.
final class EngineUpload: RequestBodyReceiver, @unchecked Sendable {
    private enum State {
        /// The session has not answered yet.
        case announced
        case accepted(Session)
        case refused(EngineIOError)
        /// The session is not on this node, or nowhere.
        case missing(SessionID)
    }

    private let exchange: ServerExchange
    /// The transport that the request names.
    private let transport: TransportName
    private let counts: EngineRequest.Counts
    private let endpoint: EngineEndpoint
    private var state = State.announced

    init(
        _ exchange: ServerExchange,
        _ transport: TransportName,
        _ counts: EngineRequest.Counts,
        _ endpoint: EngineEndpoint
    ) {
        self.endpoint = endpoint
        self.exchange = exchange
        self.transport = transport
        self.counts = counts
    }

    /// Asks the session whether it takes the body. From here on the exchange is answered on the session's event loop.
    func announce(to id: SessionID, in shard: EngineShard) {
        self.exchange.move(to: shard.eventLoop)
        self.exchange.onHome {
            do throws(EngineIOError) {
                let session = try shard.openSession(id)
                if !session.belongs(to: self.exchange.progress.identity) {
                    self.exchange.willRefuse(.foreignSession)
                    throw .foreignSession
                }
                if session.transport.name != self.transport {
                    self.exchange.reportMismatch(of: self.transport, with: session)
                    throw .badRequest
                }
                guard session.beginUpload() else { throw .badRequest }
                self.state = .accepted(session)
            } catch {
                self.state = error == .unknownSession ? .missing(id) : .refused(error)
            }
        }
    }

    func abandoned() {
        self.exchange.onHome {
            if case .accepted(let session) = self.state { session.cancelUpload() }
        }
    }

    func received(_ body: ByteBuffer) {
        self.exchange.onHome {
            switch self.state {
            case .accepted(let session): self.hand(body, to: session)
            case .refused(let error): self.exchange.respond(.error(error))
            case .missing(let id):
                self.endpoint.forward(self.exchange, for: id, body: body, isRepeatable: self.counts.first != nil) {
                    self.exchange.refuse(self.endpoint.engine.absence(of: id))
                }
            case .announced: assertionFailure("the session is asked before")
            }
        }
    }

    private func hand(_ body: ByteBuffer, to session: Session) {
        let exchange = self.exchange
        let engine = self.endpoint.engine
        // The session may have ended since the request's head came.
        guard session.isOpen else { return exchange.respond(.error(engine.absence(of: session.id))) }
        guard exchange.head.contentType?.hasPrefix("application/octet-stream") != true else {
            // This is the form of binary payloads in Engine.IO protocol 3.
            exchange.respond(.error(.badRequest))
            return session.close(.transportError, tellingPeer: .protocolError)
        }
        let answer = { (result: UploadResult) in
            switch result {
            case .taken: exchange.respond(.ok)
            case .malformed, .outOfSequence: exchange.respond(.error(.badRequest))
            case .abandoned: exchange.respond(.error(session.isOpen ? .badRequest : engine.absence(of: session.id)))
            }
        }
        guard session.isLossless else { return session.receivedUpload(body, completion: answer) }
        // The session may have moved since the request's head came.
        guard session.transport.name == self.transport else { return exchange.respond(.error(.badRequest)) }
        session.receivedUpload(body, self.counts, completion: answer)
    }
}

extension ServerExchange {
    /// The request names a transport that its session is not on. Lets the application know.
    func reportMismatch(of transport: TransportName, with session: Session) {
        let context = [
            "name": "TRANSPORT_MISMATCH", "transport": transport.rawValue,
            "previousTransport": session.transport.name.rawValue,
        ]
        self.willRefuse(.badRequest, context: context)
    }

    func refuseMismatch(of transport: TransportName, with session: Session) {
        self.reportMismatch(of: transport, with: session)
        self.respond(.error(.badRequest))
    }
}
