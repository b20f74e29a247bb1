// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import MartletWebSocket
public import NIOCore
internal import WebSocketWire

/// One connection of a ``WebSocketServer``.
///
/// `@unchecked Sendable`: everything is used on the connection's event loop only; calls from elsewhere hop.
public final class WebSocket: @unchecked Sendable {
    private let connection: WebSocketConnection
    private let queue: LoopQueue
    private let configuration: WebSocketServer.Configuration
    private var textHandler: (@Sendable (ByteBuffer) -> Void)?
    private var binaryHandler: (@Sendable (ByteBuffer) -> Void)?
    private var closeHandler: (@Sendable (_ code: UInt16?) -> Void)?

    /// The subprotocol that was agreed on, one of ``WebSocketServer/Configuration/subprotocols`` (RFC 6455, 1.9); `nil`
    /// if the client asked for none of them.
    public let subprotocol: String?

    /// Takes the connection over.
    /// - Parameters:
    ///   - queue: the queue of the connection's event loop.
    ///   - onClosed: called when the connection is over, before the user's handler.
    init(
        _ connection: WebSocketConnection,
        queue: LoopQueue,
        subprotocol: String?,
        configuration: WebSocketServer.Configuration,
        onClosed: @escaping (WebSocket) -> Void
    ) {
        self.connection = connection
        self.queue = queue
        self.subprotocol = subprotocol
        self.configuration = configuration
        connection.start(user: User(socket: self, onClosed: onClosed))
    }

    /// Sets the handler for text messages. The buffer is valid during the call; copy what you keep.
    public func onText(_ handler: @escaping @Sendable (ByteBuffer) -> Void) {
        self.onLoop { self.textHandler = handler }
    }

    /// Sets the handler for binary messages. The buffer is valid during the call; copy what you keep.
    public func onBinary(_ handler: @escaping @Sendable (ByteBuffer) -> Void) {
        self.onLoop { self.binaryHandler = handler }
    }

    /// Sets the handler that is called when the connection is over.
    /// - Parameter handler: gets the peer's close code, if it sent one.
    public func onClose(_ handler: @escaping @Sendable (_ code: UInt16?) -> Void) {
        self.onLoop { self.closeHandler = handler }
    }

    /// Sends a text message. The buffer must hold UTF-8.
    public func send(text: ByteBuffer) {
        self.offer { self.send(.text, text) }
    }

    /// Sends a binary message.
    public func send(binary: ByteBuffer) {
        self.offer { self.send(.binary, binary) }
    }

    /// Closes the connection (RFC 6455, 7.4).
    public func close(code: UInt16 = 1000, reason: String = "") {
        self.onLoop { self.connection.close(WebSocketCloseCode(rawValue: code), reason: reason) }
    }

    private func send(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) {
        self.connection.send(opcode, payload)
        let unsent = self.connection.unsentBytes
        if unsent > self.configuration.unsentLimit {
            self.connection.close(.policyViolation, reason: "too slow")
        } else if unsent > self.configuration.readPauseLimit, !self.connection.isWritable {
            // The peer does not read, so stop reading from it. `becameWritable()` is called when the peer has caught
            // up.
            self.connection.setReadingPaused(true)
        }
    }

    /// Sends on the loop. A loop that is far behind with sending does not keep up with the application: then the
    /// connection is closed, as that of a slow peer.
    private func offer(_ body: @escaping @Sendable () -> Void) {
        if self.queue.isCurrent { return self.queue.perform(body) }
        if self.queue.offer(body) { return }
        self.queue.post(once: self) { self.connection.close(.policyViolation, reason: "too slow") }
    }

    private func onLoop(_ body: @escaping @Sendable () -> Void) {
        self.queue.perform(body)
    }

    /// Passes the connection's messages to the handlers. The connection retains this object.
    private final class User: WebSocketConnectionUser {
        let socket: WebSocket
        let onClosed: (WebSocket) -> Void

        init(socket: WebSocket, onClosed: @escaping (WebSocket) -> Void) {
            self.socket = socket
            self.onClosed = onClosed
        }

        func received(text: ByteBuffer) {
            self.socket.textHandler?(text)
        }

        func received(binary: ByteBuffer) {
            self.socket.binaryHandler?(binary)
        }

        func becameWritable() {
            self.socket.connection.setReadingPaused(false)
        }

        func serverGoesDown() {
            self.socket.connection.close(.goingAway)
        }

        func closed(_ end: WebSocketConnection.End) {
            let handler = self.socket.closeHandler
            self.socket.textHandler = nil
            self.socket.binaryHandler = nil
            self.socket.closeHandler = nil
            self.onClosed(self.socket)
            switch end {
            case .byPeer(let code): handler?(code?.rawValue)
            case .failed: handler?(nil)
            }
        }
    }
}
