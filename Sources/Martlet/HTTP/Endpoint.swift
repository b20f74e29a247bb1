// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// What answers the requests under a path. Called on the event loop of the request's connection.
protocol Endpoint: Sendable {
    /// Whether a request is for this endpoint.
    func takes(_ head: RequestHead) -> Bool

    /// The largest body that is collected for a request, in bytes; `nil`: none is, whatever its size.
    var maxBody: Int? { get }

    /// The head of a request came. The rest may still be on its way.
    func headReceived(_ exchange: ServerExchange)

    /// A request is complete.
    func requestReceived(_ exchange: ServerExchange, body: ByteBuffer)

    /// The body was larger than ``maxBody``; the request has been answered with 413.
    func bodyRefused(_ exchange: ServerExchange)

    /// The connection was lost before the request was complete.
    func requestAborted(_ exchange: ServerExchange)

    /// Ends everything that is open, because the server goes down. May be called more than once.
    func shutDown()
}

extension Endpoint {
    func headReceived(_ exchange: ServerExchange) {}
    func bodyRefused(_ exchange: ServerExchange) {}
    func requestAborted(_ exchange: ServerExchange) {}
}
