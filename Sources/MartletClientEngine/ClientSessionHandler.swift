// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import MartletEngine
package import NIOCore

/// What stands on top of a session. Called on the session's event loop.
package protocol ClientSessionHandler: AnyObject {
    /// The handshake is done: messages come from now on. Called once, before all others but ``session(_:ended:)``.
    func sessionOpened(_ session: ClientSession)
    /// - Parameter text: valid UTF-8. Its memory is used again after the call: a handler that keeps it copies it.
    func session(_ session: ClientSession, receivedText text: ByteBuffer)
    /// - Parameter bytes: as with a text, their memory is used again.
    func session(_ session: ClientSession, receivedBinary bytes: ByteBuffer)
    /// Another transport has come into use, the first one too; `nil`: there is none for now, and one is looked for.
    func session(_ session: ClientSession, movedTo transport: TransportName?)
    /// All that was queued has been handed over to a transport.
    func sessionDrained(_ session: ClientSession)
    /// The session is over. Called exactly once, the last of all calls.
    func session(_ session: ClientSession, ended reason: SessionEndReason)
}
