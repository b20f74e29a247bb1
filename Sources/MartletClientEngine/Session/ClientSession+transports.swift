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
            self.ignoresMessages = self.isReadingPaused
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
            self.isReceiving = true
            self.received(packet)
        } else if let search = self.search, transport === search.candidate {
            self.received(packet, on: transport, search)
        }
    }

    package func receivedAll(on transport: any ClientTransport) {
        guard transport === self.current else { return }
        self.isReceiving = false
        self.silence.heard(now: self.eventLoop.now)
        self.flush()
        self.continueUpgrade()
        self.poll(transport)
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
                self.silence.pinged()
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
            guard !self.ignoresMessages else { return false }
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
}
