// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine

/// The requests of lossless sessions (Protocol.md, section 4): a client attaches a transport to its session, or tries
/// whether a transport works.
extension EngineEndpoint {
    func attach(_ request: AttachRequest, _ kind: any TransportKind, _ exchange: ServerExchange) {
        guard let id = request.id else { return self.refuse(.unknownSession, kind, exchange) }
        guard let shard = self.engine.shard(of: id) else { return self.attachElsewhere(id, kind, exchange) }
        exchange.move(to: shard.eventLoop)
        exchange.onHome {
            do throws(EngineIOError) {
                let session = try shard.openSession(id)
                guard session.belongs(to: exchange.progress.identity) else { throw .foreignSession }
                try session.checkAttach(request)
            } catch {
                if error == .unknownSession { return self.attachElsewhere(id, kind, exchange) }
                exchange.willRefuse(error)
                return kind.refuseAttach(exchange, error, in: shard)
            }
            // The session keeps its transport until the new one is ready. Meanwhile the session may have moved
            // elsewhere, or ended.
            kind.accept(exchange, in: shard) { transport, refuse in
                do throws(EngineIOError) {
                    try shard.openSession(id).attach(transport, request)
                } catch {
                    let error = error == .unknownSession ? self.engine.absence(of: id) : error
                    exchange.willRefuse(error)
                    refuse(error)
                }
            }
        }
    }

    private func attachElsewhere(_ id: SessionID, _ kind: any TransportKind, _ exchange: ServerExchange) {
        self.forward(exchange, for: id, isRepeatable: true) { self.refuse(self.engine.absence(of: id), kind, exchange) }
    }

    private func refuse(_ error: EngineIOError, _ kind: any TransportKind, _ exchange: ServerExchange) {
        exchange.willRefuse(error)
        exchange.onChannel {
            guard exchange.takeBack() else { return }
            kind.refuseAttach(exchange, error, in: self.engine.shard(on: exchange.channel.eventLoop))
        }
    }
}
