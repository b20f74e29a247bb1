// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import MartletClientEngine
internal import MartletEngine
internal import MartletShared
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import SocketIOWire

/// What the session tells.
extension ClientManager: ClientSessionHandler {
    func sessionOpened(_ session: ClientSession) {
        // A socket may have left meanwhile.
        guard self.all.contains(where: \.isActive), !self.isClosed else { return self.leaveSession() }
        self.attempts = 0
        self.lastFailure = nil
        self.isOpen = true
        for socket in self.all where socket.isActive { socket.join() }
    }

    func session(_ session: ClientSession, receivedText text: ByteBuffer) {
        self.received { decoder, packet throws(SocketIOError) in try decoder.text(text, into: packet) ? packet : nil }
    }

    func session(_ session: ClientSession, receivedBinary bytes: ByteBuffer) {
        self.received { decoder, packet throws(SocketIOError) in try decoder.binary(bytes, into: packet) }
    }

    private func received(
        _ decode: (inout any PacketDecoder, SocketPacket) throws(SocketIOError) -> SocketPacket?
    ) {
        guard self.isOpen else { return }
        self.executor.holdUntilDrained()
        do throws(SocketIOError) {
            if let packet = try decode(&self.decoder, SocketPacket()) {
                self.sockets.withLockedValue { $0[packet.namespace] }?.received(packet)
            }
        } catch {
            self.fail(.parseError.with(details: "\(error)"))
        }
        self.executor.drain()
    }

    func session(_ session: ClientSession, movedTo transport: TransportName?) {
        self.watcher?(.moved(transport, isLossless: session.isLossless))
    }

    func sessionDrained(_ session: ClientSession) {}

    func session(_ session: ClientSession, ended reason: SessionEndReason) {
        let wasOpen = self.isOpen
        self.isOpen = false
        self.session = nil
        let wasLeaving = self.isLeaving
        self.isLeaving = false
        for socket in self.all { socket.isAsking = false }
        self.watcher?(.ended(reason))
        let why = DisconnectReason(rawValue: reason.name).with(details: reason.error?.description)
        if wasOpen {
            let unsent = self.unsentEvents(session.recallUnsent())
            for socket in self.all { socket.connectionEnded(why, recalled: unsent[socket.namespace] ?? []) }
        }
        self.continueAfter(why, isFailure: !wasOpen, atOnce: wasLeaving)
        let closings = self.closings
        self.closings = []
        for closing in closings { closing() }
        self.executor.drain()
    }

    /// The events among messages, by namespace.
    private func unsentEvents(_ messages: [ClientMessage]) -> [String: [UnsentEvent]] {
        var events: [String: [UnsentEvent]] = [:]
        for message in messages {
            let packet = EncodedPacket(
                message: message.payload, isBinary: message.isBinary, attachments: message.attachments)
            guard let event = packet.decoded(by: self.codec), event.hasName else { continue }
            events[event.namespace, default: []].append(
                UnsentEvent(packet: packet, name: event.name.string, ackID: event.ackID))
        }
        return events
    }

    /// - Parameter isFailure: whether there has been no connection.
    private func continueAfter(_ reason: DisconnectReason, isFailure: Bool, atOnce: Bool) {
        let active = self.all.filter(\.isActive)
        guard !active.isEmpty, !self.isClosed else { return self.releaseSockets() }
        if atOnce { return self.open() }
        let error = ConnectionFailed(
            reason: reason,
            description: "the connection failed: \(reason)\(reason.details.map { " (\($0))" } ?? "")")
        if let limit = self.configuration.maxReconnectionAttempts, self.attempts >= limit {
            for socket in active { socket.failed(error) }
            self.attempts = 0
            return
        }
        if isFailure { self.attemptFailed(error) }
        self.reopen(after: self.configuration.delay(attempt: self.attempts))
        self.attempts += 1
    }

    /// Another attempt will follow, and no call throws this. A log at its usual level has it once, not every few seconds.
    private func attemptFailed(_ error: ConnectionFailed) {
        let isNew = error.description != self.lastFailure
        self.lastFailure = error.description
        self.configuration.logger.log(level: isNew ? .notice : .debug, "\(error); trying again")
        self.onError?(error)
    }
}
