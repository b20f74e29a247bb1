// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine
internal import NIOCore

/// A transport that is tried, and comes into use.
extension ClientSession {
    func received(_ packet: EnginePacket, on candidate: any ClientTransport, _ search: TransportSearch) {
        switch (packet, search.purpose) {
        case (.open(let json), .handshake), (.open(let json), .attach):
            do throws(EngineIOError) {
                self.adopt(candidate, try EngineOpen(json: json))
            } catch {
                candidate.close()
                self.candidateFailed(
                    ClientError(
                        .unexpectedAnswer,
                        "the server's greeting cannot be read: does it speak Engine.IO 4, which is Socket.IO 3 or later?",
                        transport: candidate.name))
            }
        case (.noop, .probe):
            self.attach([candidate.name])
        case (.pong(Self.probe), .upgrade):
            self.isUpgradeReady = true
            self.continueUpgrade()
        case (.close(let body), .attach) where ClientError.code(in: String(buffer: body)) == 1:
            candidate.close()
            self.candidateFailed(
                ClientError(.sessionUnknown, "the server does not know the session", transport: candidate.name))
        default:
            candidate.close()
            self.candidateFailed(
                ClientError(.unexpectedAnswer, "the first packet is not the expected one", transport: candidate.name))
        }
    }

    /// A transport comes into use.
    private func adopt(_ transport: any ClientTransport, _ open: EngineOpen) {
        let isFirst = self.id == nil
        // Not its candidate any more, which is closed with the search.
        self.search?.candidate = nil
        if isFirst {
            self.begin(open)
        } else {
            guard self.continueStream(open, isNumbered: transport.isNumbered) else {
                transport.close()
                let error = ClientError(.protocolViolation, "the server has lost a part of the session")
                return self.end(SessionEndReason.parseError, error)
            }
        }
        self.position = open.from ?? 0
        self.happened(.attached)
        self.use(transport)
        self.order.began(now: self.eventLoop.now)
        self.climb()
        if isFirst { self.sessionOpened() }
        if transport === self.current { self.handler?.session(self, movedTo: transport.name) }
        if isFirst, transport === self.current { self.beginUpgrade(open) }
        self.flushSoon()
    }

    /// Leaves the transport in use for another one.
    func use(_ transport: any ClientTransport) {
        self.leave()
        self.current = transport
        self.lastName = transport.name
        self.ignoresMessages = false
        if self.isReadingPaused { transport.setReadingPaused(true) }
        self.stopRoute()
        self.silence.moved(now: self.eventLoop.now)
        self.watchSilence()
    }

    private func begin(_ open: EngineOpen) {
        self.id = open.sid
        self.maxPostBytes = open.maxPayload > 0 ? open.maxPayload : .max
        // So that sums of times do not overflow.
        self.silence.begin(
            interval: .milliseconds(Int64(min(open.pingInterval, 1 << 40))),
            timeout: .milliseconds(Int64(min(open.pingTimeout, 1 << 40))))
        guard self.configuration.wantsLossless, let resume = open.resume else { return }
        self.isLossless = true
        self.keep = .milliseconds(Int64(min(resume.timeout, 1 << 40)))
        self.delivery = DeliveryStateMachine(buffer: max(resume.buffer, 1))
    }

    /// Another stream begins: what is not acknowledged goes out again.
    /// - Parameter isNumbered: whether messages to the server carry their numbers. Then its count may be older than the
    ///   one in the answer to a POST, and the higher one holds.
    private func continueStream(_ open: EngineOpen, isNumbered: Bool) -> Bool {
        let (from, ack) = (open.from ?? 0, open.ack ?? 0)
        let acknowledged = self.delivery.acknowledgedCount
        guard from <= self.delivery.receivedCount, ack >= acknowledged || isNumbered else { return false }
        do throws(EngineIOError) {
            try self.delivery.restart(after: max(ack, acknowledged))
            self.runs.removeAll(upTo: max(ack, acknowledged))
            return true
        } catch {
            return false
        }
    }
}
