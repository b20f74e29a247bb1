// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import EngineIOWire

/// A transport whose requests are ordinary HTTP requests, as it is known to whoever receives those: how one is made of a
/// request, and what else its requests are answered. All members are called on the event loop of the session.
package protocol HTTPTransportKind: Sendable {
    var name: TransportName { get }

    /// Makes a transport that begins with the answer to a request, as soon as it is bound to a session.
    func makeTransport(answering exchange: any HTTPExchange, on loop: LoopContext) -> any Transport

    /// Refuses to attach this transport to a session, in a form in which a browser shows it to its page.
    func refuseAttach(_ exchange: any HTTPExchange, _ error: EngineIOError)

    /// Shows that the transport gets through, by a noop, and lets the client end the answer; it is ended for it when
    /// `isOver` calls what it is given.
    func answerTrial(_ exchange: any HTTPExchange, _ isOver: (@escaping () -> Void) -> Void)
}
