// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire
internal import MartletEngine
internal import NIOCore

/// What the transports tell.
extension ClientSession: ClientTransportHost {
    package func terms(for transport: any ClientTransport, isPost: Bool) -> RequestTerms {
        if let search = self.search, transport === search.candidate { return search.terms }
        var terms = RequestTerms(sid: self.id)
        guard self.isLossless else { return terms }
        let ack = self.report()
        terms.ack = ack
        if isPost {
            terms.seq = self.postStart
        } else {
            self.position = ack
        }
        return terms
    }

    package func opened(_ transport: any ClientTransport) {
        guard let search = self.search, transport === search.candidate, search.purpose == .upgrade else { return }
        _ = transport.write(.ping(Self.probe))
        transport.flush()
    }

    package func received(_ packet: EnginePacket, on transport: any ClientTransport) {
        if transport === self.current {
            self.received(packet)
        } else if let search = self.search, transport === search.candidate {
            self.received(packet, on: transport, search)
        }
    }

    package func receivedAll(on transport: any ClientTransport) {
        guard transport === self.current else { return }
        self.silence.heard(now: self.eventLoop.now)
        self.flush()
        self.continueUpgrade()
        // While an attach is under way no further messages are acknowledged: a GET would get the same ones again.
        if transport === self.current, !self.isAttaching, !self.phase.isClosing, !self.isUpgradeReady {
            transport.poll()
        }
    }

    package func posted(on transport: any ClientTransport, isOK: Bool) {
        guard transport === self.current else { return }
        if self.isLossless {
            guard isOK else {
                let error = ClientError(.unexpectedAnswer, "a POST was answered by something other than the server")
                return self.transportLost(SessionEndReason.transportError, error.on(transport.name))
            }
            self.acknowledgeWritten()
        }
        self.flush()
        self.continueUpgrade()
    }

    package func becameWritable(_ transport: any ClientTransport) {
        if transport === self.current { self.flush() }
    }

    package func lost(_ transport: any ClientTransport, _ reason: String, _ error: ClientError) {
        if transport === self.current {
            self.transportLost(reason, error)
        } else if let search = self.search, transport === search.candidate {
            self.candidateFailed(error)
        }
    }

    // MARK: The transport in use

    private func received(_ packet: EnginePacket) {
        do throws(EngineIOError) {
            switch packet {
            case .text(let text):
                if try self.take(text.readableBytes) { self.handler?.session(self, receivedText: text) }
            case .binary(let bytes):
                if try self.take(bytes.readableBytes) { self.handler?.session(self, receivedBinary: bytes) }
            case .close: self.closedByServer()
            case .ping(let count):
                try self.acknowledge(count)
                self.silence.isPinged = true
            case .noop(let count): try self.acknowledge(count)
            case .open, .pong, .upgrade: throw .parseError("a packet has no place here")
            }
        } catch {
            self.end(
                SessionEndReason.parseError, ClientError(.protocolViolation, "the server broke the protocol: \(error)"))
        }
    }

    /// The server's packet 1 may overtake the answer to the POST that brought the client's.
    private func closedByServer() {
        if self.phase.isClosing { return self.end(SessionEndReason.forcedClose) }
        self.end(
            SessionEndReason.transportClose, ClientError(.connectionLost, "the server has closed the connection"))
    }

    /// - Returns: whether a message that came in is new.
    private func take(_ size: Int) throws(EngineIOError) -> Bool {
        if self.isLossless {
            self.position += 1
            guard try self.delivery.duplicates(from: self.position) == 0 else { return false }
        }
        self.delivery.received(bytes: size)
        return true
    }

    private func acknowledge(_ count: ByteBuffer) throws(EngineIOError) {
        guard self.isLossless, count.readableBytes > 0 else { return }
        guard let count = EngineCount.parse(count) else { throw .parseError("a count cannot be read") }
        try self.delivery.acknowledge(count)
        self.runs.removeAll(upTo: count)
    }

    // MARK: A candidate

    private func received(_ packet: EnginePacket, on candidate: any ClientTransport, _ search: TransportSearch) {
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
        self.leave()
        self.current = transport
        self.lastName = transport.name
        self.position = open.from ?? 0
        self.happened(.attached)
        self.stopRoute()
        self.silence.heard(now: self.eventLoop.now)
        self.watchSilence()
        self.order.began(now: self.eventLoop.now)
        self.climb()
        if isFirst { self.sessionOpened() }
        if transport === self.current { self.handler?.session(self, movedTo: transport.name) }
        if isFirst, transport === self.current { self.beginUpgrade(open) }
        self.flushSoon()
    }

    private func begin(_ open: EngineOpen) {
        self.id = open.sid
        self.maxPostBytes = open.maxPayload > 0 ? open.maxPayload : .max
        // So that sums of times do not overflow.
        let patience = min(open.pingInterval, 1 << 40) + min(open.pingTimeout, 1 << 40)
        self.silence.patience = .milliseconds(Int64(patience))
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

    // MARK: The upgrade of a plain session (Protocol.md, section 1)

    private static let probe = ByteBuffer(string: "probe")

    private func beginUpgrade(_ open: EngineOpen) {
        guard !self.isLossless, self.transport == .polling, self.configuration.climbs,
            open.upgrades.contains(TransportName.websocket.rawValue),
            self.order.better(than: self.transport).contains(.websocket)
        else { return }
        self.begin(.upgrade, [.websocket])
    }

    /// The WebSocket takes over once the GET and the POST that are under way are answered.
    private func continueUpgrade() {
        guard self.isUpgradeReady, let candidate = self.search?.candidate, let current = self.current, !current.isBusy
        else { return }
        self.search?.candidate = nil
        _ = candidate.write(.upgrade)
        candidate.flush()
        self.leave()
        self.current = candidate
        self.lastName = candidate.name
        self.stopRoute()
        self.silence.heard(now: self.eventLoop.now)
        self.watchSilence()
        self.handler?.session(self, movedTo: candidate.name)
        self.flushSoon()
    }
}
