// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// What answers the requests under a path. Called on the event loop of the request's connection.
protocol HTTPEndpoint: Sendable {
    /// Whether a request is for this endpoint.
    func takes(_ head: RequestHead) -> Bool

    /// The largest body that is collected for a request, in bytes; `nil`: none is, whatever its size.
    var maxBody: Int? { get }

    /// The head of a request came. The rest may still be on its way.
    /// - Returns: who takes the request's body, if that is to be said before the body has come.
    func headReceived(_ exchange: ServerExchange) -> (any RequestBodyReceiver)?

    /// A request is complete for whose body there is no receiver.
    func requestReceived(_ exchange: ServerExchange, body: ByteBuffer)

    /// Ends everything that is open, because the server goes down. May be called more than once.
    func shutDown()
}

extension HTTPEndpoint {
    func headReceived(_ exchange: ServerExchange) -> (any RequestBodyReceiver)? { nil }
}

/// What takes the body of one request. Called on the event loop of the request's connection; one of these is the end.
protocol RequestBodyReceiver: AnyObject {
    /// The body is complete, and the request is to be answered.
    func received(_ body: ByteBuffer)

    /// The body will not come: it was larger than ``HTTPEndpoint/maxBody``, and the request has been answered with 413;
    /// or the connection was lost.
    func abandoned()
}
