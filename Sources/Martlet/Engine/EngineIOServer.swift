// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
public import MartletEngine
public import NIOCore

/// An Engine.IO server without Socket.IO: its sessions carry text and binary messages over whichever transport works,
/// without events, namespaces and rooms.
public final class EngineIOServer: Sendable {
    /// The settings.
    public let configuration: EngineIOConfiguration
    let engine: Engine

    /// - Parameters:
    ///   - configuration: the settings.
    ///   - onConnection: called on the session's event loop for every session that opens; it sets the session's
    ///     handlers.
    public init(
        configuration: EngineIOConfiguration = EngineIOConfiguration(),
        onConnection: @escaping @Sendable (EngineIOSession) -> Void
    ) {
        self.configuration = configuration
        self.engine = Engine(configuration: configuration) { session in
            EngineIOSession(session, onConnection: onConnection)
        }
    }
}

/// One session of an ``EngineIOServer``.
///
/// `@unchecked Sendable`: the handlers are set and called on the session's event loop only; calls from elsewhere hop.
public final class EngineIOSession: SessionHandler, @unchecked Sendable {
    private let session: Session
    private let onConnection: @Sendable (EngineIOSession) -> Void
    private var textHandler: (@Sendable (ByteBuffer) -> Void)?
    private var binaryHandler: (@Sendable (ByteBuffer) -> Void)?
    private var transportHandler: (@Sendable (TransportName) -> Void)?
    private var closeHandler: (@Sendable (DisconnectReason) -> Void)?

    init(_ session: Session, onConnection: @escaping @Sendable (EngineIOSession) -> Void) {
        self.session = session
        self.onConnection = onConnection
    }

    /// The session's secret name, which its client knows.
    public var id: String { self.session.id.description }

    /// The request that opened the session.
    public var request: HandshakeRequest { self.session.request }

    /// Sets the handler for text messages. The buffer is valid during the call; copy what you keep.
    public func onText(_ handler: @escaping @Sendable (ByteBuffer) -> Void) {
        self.onLoop { self.textHandler = handler }
    }

    /// Sets the handler for binary messages. The buffer is valid during the call; copy what you keep.
    public func onBinary(_ handler: @escaping @Sendable (ByteBuffer) -> Void) {
        self.onLoop { self.binaryHandler = handler }
    }

    /// Sets the handler that is called when another transport carries the session. No message is lost by the change.
    public func onTransportChange(_ handler: @escaping @Sendable (TransportName) -> Void) {
        self.onLoop { self.transportHandler = handler }
    }

    /// Sets the handler that is called when the session is over.
    public func onClose(_ handler: @escaping @Sendable (DisconnectReason) -> Void) {
        self.onLoop { self.closeHandler = handler }
    }

    /// Sends a text message.
    public func send(text: ByteBuffer) {
        self.send(text, isBinary: false)
    }

    /// Sends a binary message.
    public func send(binary: ByteBuffer) {
        self.send(binary, isBinary: true)
    }

    /// Ends the session.
    public func close() {
        self.onLoop { if self.session.isOpen { self.session.close(.forcedClose) } }
    }

    private func send(_ message: ByteBuffer, isBinary: Bool) {
        let queue = self.session.shard.loop.queue
        // The event loop of a session that is over may have a successor by now.
        let body: @Sendable () -> Void = {
            if self.session.isOpen { self.session.send(isBinary ? .binary(message) : .text(message)) }
        }
        if queue.isCurrent { return queue.perform(body) }
        if !queue.offer(body) { self.session.sendRefused() }
    }

    private func onLoop(_ body: @escaping @Sendable () -> Void) {
        self.session.shard.loop.queue.perform(body)
    }

    package func opened(_ session: Session) {
        self.onConnection(self)
    }

    package func receivedText(_ text: ByteBuffer) {
        self.textHandler?(text)
    }

    package func receivedBinary(_ bytes: ByteBuffer) {
        self.binaryHandler?(bytes)
    }

    package func transportChanged(_ session: Session) {
        self.transportHandler?(session.transport.name)
    }

    package func closed(_ reason: DisconnectReason) {
        let handler = self.closeHandler
        self.textHandler = nil
        self.binaryHandler = nil
        self.transportHandler = nil
        self.closeHandler = nil
        handler?(reason)
    }
}
