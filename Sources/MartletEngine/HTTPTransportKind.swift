// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire

/// A kind of transport that consists of ordinary HTTP requests. The HTTP side of the server uses it to make a transport
/// from a request, and to answer the transport's other requests. All members are called on the event loop of the
/// session.
package protocol HTTPTransportKind: Sendable {
    var name: TransportName { get }

    /// Makes a transport that answers the request as soon as it is bound to a session.
    func makeTransport(answering exchange: any HTTPExchange, on loop: LoopContext) -> any Transport

    /// Refuses to attach this transport to a session, with an answer that a browser lets the page read.
    func refuseAttach(_ exchange: any HTTPExchange, _ error: EngineIOError)

    /// Shows that the transport works by sending a noop; the client then ends the answer. In case the client does not,
    /// `isOver` gets a closure that ends the answer, and calls it when the trial is over.
    func answerTrial(_ exchange: any HTTPExchange, _ isOver: (@escaping () -> Void) -> Void)
}
