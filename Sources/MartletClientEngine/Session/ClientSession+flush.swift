// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine
internal import NIOCore

/// Handing over to the transport in use what is queued.
extension ClientSession {
    /// Flushes at the end of the turn, so that messages sent in one turn leave together. What is sent while packets come in
    /// leaves when all are handed up.
    func flushSoon() {
        guard !self.isFlushScheduled, !self.isReceiving else { return }
        self.isFlushScheduled = true
        self.eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            self.flush()
        }
    }

    func flush() {
        guard let transport = self.current, transport.isWritable, !self.isUpgradeReady else { return }
        if self.phase == .parting { return self.end(SessionEndReason.forcedClose) }
        let isAttaching = self.isAttaching
        if self.silence.answer(now: self.eventLoop.now) {
            _ = transport.write(.pong(self.isLossless ? EngineCount.buffer(self.report()) : ByteBuffer()))
        } else if self.isLossless, !isAttaching, self.delivery.owesAcknowledgement {
            _ = transport.write(.noop(EngineCount.buffer(self.report())))
        }
        self.postStart = self.delivery.writtenCount + 1
        let hadUnwritten = self.delivery.hasUnwritten
        let isEverything = self.writeMessages(to: transport)
        // Packet 1 waits for the end of an attach: the server may no longer listen to this transport.
        if self.phase == .closing, !isAttaching, isEverything, transport.write(.close(ByteBuffer())) {
            self.happened(.said)
        }
        transport.flush()
        if hadUnwritten, isEverything { self.handler?.sessionDrained(self) }
        // A WebSocket has sent packet 1 by now; over HTTP the answer to its POST is awaited.
        if self.phase == .parting { self.flush() }
    }

    /// - Returns: whether all messages are written.
    private func writeMessages(to transport: any ClientTransport) -> Bool {
        while self.delivery.hasUnwritten {
            // A transport that becomes writable by this calls back at once: then the rest is written already.
            if !transport.isWritable { transport.flush() }
            guard transport.isWritable, let packet = self.delivery.following, transport.write(packet.packet) else {
                break
            }
            _ = self.delivery.next()
            if !self.isLossless { self.acknowledgeWritten() }
        }
        return !self.delivery.hasUnwritten
    }

    /// The messages that were written on this stream are no longer kept.
    func acknowledgeWritten() {
        let count = self.delivery.writtenCount
        try? self.delivery.acknowledge(count)
        self.runs.removeAll(upTo: count)
    }

    /// How many messages came in, to be acknowledged. During an attach the count stays as the attach has said it: the
    /// server relies on that.
    func report() -> Int {
        if let search = self.search, search.purpose == .attach, let ack = search.terms.ack { return ack }
        return self.delivery.tell()
    }
}

extension OutboundPacket {
    /// The packet of a client's own log, which shares none with others.
    fileprivate var packet: EnginePacket {
        switch self {
        case .text(let text): .text(text)
        case .binary(let bytes): .binary(bytes)
        case .shared(let message): message.isBinary ? .binary(message.payload) : .text(message.payload)
        case .control(let packet): packet
        }
    }
}
