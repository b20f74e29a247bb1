// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// What carries the bytes of a WebSocket connection. Used on the connection's event loop.
package protocol WebSocketHost: AnyObject {
    /// The socket to which bytes may be handed at once, while nothing that was given to ``send(_:)`` waits; `nil` where
    /// there is none. Asked once. It is removed from its loop's sockets after ``WebSocketConnection/hostClosed()``.
    var directSocket: DirectSockets.Number? { get }

    /// Sends bytes as soon as the network takes them, and tells so with ``WebSocketConnection/sent(_:)``, all or none.
    func send(_ bytes: ByteBuffer)

    /// Stops or resumes reading from the network.
    func setReadingPaused(_ paused: Bool)

    /// Ends the network connection once everything has been sent.
    /// - Parameter lingering: the peer may still be sending, and would lose what was last said to it if the connection
    ///   were just closed: only the sending side is, and the rest when the peer has closed or a time has passed.
    func close(lingering: Bool)
}
