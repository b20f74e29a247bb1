// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import Logging
package import MartletEngine
package import NIOCore

/// An Engine.IO session, as its client has it (Protocol.md, sections 1 and 4). Confined to its event loop.
package final class ClientSession {
    private let eventLoop: any EventLoop
    private let handler: any ClientSessionHandler
    /// The server's name for the session; `nil` before it is open.
    package private(set) var id: String?
    /// The transport in use; `nil` while there is none.
    package private(set) var transport: TransportName?
    /// Whether the session outlives its transports.
    package private(set) var isLossless = false

    package init(
        _ address: ServerAddress,
        configuration: ClientSessionConfiguration,
        eventLoop: any EventLoop,
        handler: any ClientSessionHandler,
        logger: Logger
    ) {
        self.eventLoop = eventLoop
        self.handler = handler
    }

    /// Begins with the handshake. Called once.
    package func open() {}

    /// Queues a message, and the binary messages that belong to it: all of them or none.
    /// - Returns: the message's number, which grows with each; `nil`: more is kept already than
    ///   ``ClientSessionConfiguration/maxUnsentBytes``, or the session is being closed, and nothing was taken.
    @discardableResult
    package func send(text: ByteBuffer, attachments: [ByteBuffer] = []) -> Int? { nil }

    /// Queues a binary message by itself; see ``send(text:attachments:)``.
    @discardableResult
    package func send(binary: ByteBuffer) -> Int? { nil }

    /// Ends the session once all that was queued has been handed over: the server hears packet 1, and the handler that
    /// the session has ended.
    package func close() {}

    /// Moves to a transport, and prefers it from now on.
    /// - Returns: succeeds when the transport is in use; fails with a ``ClientError`` when it could not be had, and the
    ///   session is where it was.
    package func switchTransport(to name: TransportName) -> EventLoopFuture<Void> {
        self.eventLoop.makeSucceededVoidFuture()
    }

    /// The device has another network, or has slept: a lossless session attaches anew at once.
    package func networkChanged() {}

    /// What was never handed over to a transport, after the end: it may go out on another session.
    package func recallUnsent() -> [ClientMessage] { [] }

    /// The bytes that are kept, since the server has not acknowledged them; they count towards
    /// ``ClientSessionConfiguration/maxUnsentBytes``.
    package var unsentBytes: Int { 0 }
}
