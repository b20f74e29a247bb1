// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Carries the bytes of a WebSocket connection over the network. Used on the connection's event loop.
package protocol WebSocketHost: AnyObject {
    /// The socket to which bytes may be handed directly, while no bytes given to ``send(_:)`` wait; `nil` if there is
    /// none. Read once. The host removes it from its loop's sockets after ``WebSocketConnection/hostClosed()``.
    var directSocket: DirectSockets.Number? { get }

    /// Sends bytes as soon as the network takes them, then calls ``WebSocketConnection/sent(_:haveLeft:)`` once for all
    /// of them.
    func send(_ bytes: ByteBuffer)

    /// Stops or resumes reading from the network.
    func setReadingPaused(_ paused: Bool)

    /// Ends the network connection once everything has been sent.
    /// - Parameter lingering: whether the peer may still be sending. Closing the connection completely could then
    ///   destroy the last data sent to the peer. So the host closes only the sending side first, and the rest when the
    ///   peer has closed or some time has passed.
    func close(lingering: Bool)
}
