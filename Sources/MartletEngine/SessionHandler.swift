// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// The layer above a session. These methods are the only calls from the engine to that layer. All are called on the
/// session's event loop.
package protocol SessionHandler: AnyObject {
    /// The session is open and can be sent to.
    func opened(_ session: Session)

    /// A text message came.
    /// - Parameter text: valid UTF-8; its memory is used again when the call returns, so copy what you keep.
    func receivedText(_ text: consuming ByteBuffer)

    /// A binary message came.
    /// - Parameter bytes: its memory is used again when the call returns, so copy what you keep.
    func receivedBinary(_ bytes: ByteBuffer)

    /// A ping follows all messages that were sent so far.
    func pingSent()

    /// The peer has answered the ping, so it has received all messages that were sent before the ping.
    func pongReceived()

    /// Another transport carries the session now. Nothing was lost.
    func transportChanged(_ session: Session)

    /// The session has lost its connection, and waits for the client; or the client is back. See ``Session/isReachable``.
    func reachabilityChanged(_ session: Session)

    /// Whether no message of the client is being handled or waits. A server that shuts down waits for this.
    var isIdle: Bool { get }

    /// The session is over. No other method is called after this one.
    func closed(_ reason: DisconnectReason)
}

extension SessionHandler {
    package func pingSent() {}
    package func pongReceived() {}
    package func reachabilityChanged(_ session: Session) {}
    package var isIdle: Bool { true }
}
