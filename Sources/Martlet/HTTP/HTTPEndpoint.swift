// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import MartletEngine
internal import NIOCore

/// Answers the requests under a path. Called on the event loop of the request's connection.
///
/// For classes: each request refers to its endpoint, and the copy of a structure would retain each member.
protocol HTTPEndpoint: AnyObject, Sendable {
    /// Whether a request is for this endpoint.
    func takes(_ head: RequestHead) -> Bool

    /// The largest body that is collected for a request, in bytes; `nil`: bodies are dropped, whatever their size.
    var maxBody: Int? { get }

    /// The head of a request came. Called before all else.
    /// - Returns: what has to be done first, if anything. Until it is done, nothing is read from the connection.
    func begin(_ exchange: ServerExchange) -> Admission?

    /// The head of a request came, and the request is admitted. The rest may still be on its way.
    /// - Returns: the receiver of the body, if the endpoint chooses one before the body has come.
    func headReceived(_ exchange: ServerExchange) -> (any RequestBodyReceiver)?

    /// A request is complete, and ``headReceived(_:)`` has returned no receiver for its body.
    func requestReceived(_ exchange: ServerExchange, body: ByteBuffer)

    /// A request is about to be refused. May be called on any thread.
    /// - Parameter context: details, for the application; `nil`: those that follow from the error and the request.
    func willRefuse(_ exchange: ServerExchange, _ error: EngineIOError, context: [String: String]?)

    /// Compresses an answer in one of the codings that the client accepts.
    func compress(_ answer: HTTPAnswer, for exchange: ServerExchange) -> HTTPAnswer

    /// The server ends the connection of this exchange, which has not been answered completely: an answer that waits, or
    /// has no end, is to end soon. Called on the connection's event loop.
    func quiesce(_ exchange: ServerExchange)

    /// The server listens, and will serve connections on these event loops.
    func serves(on eventLoops: [any EventLoop])

    /// A graceful shutdown was asked for. The server still serves. Called on any thread.
    func retire()

    /// The server is about to shut down, and still serves: sessions go to other servers, if they can. Called on any thread.
    func leave() async

    /// The server accepts no connections any more. Ends sessions one after the other, in a limited time, or until the
    /// task is cancelled.
    func drain() async

    /// Ends all sessions and connections, because the server shuts down. May be called more than once.
    func shutDown()

    /// All connections of the server have ended.
    /// - Parameter successor: does what is still asked for, if the event loops end, too.
    func ended(_ successor: LoopSuccession.Successor?) async
}

extension HTTPEndpoint {
    func begin(_ exchange: ServerExchange) -> Admission? { nil }
    func headReceived(_ exchange: ServerExchange) -> (any RequestBodyReceiver)? { nil }
    func willRefuse(_ exchange: ServerExchange, _ error: EngineIOError, context: [String: String]?) {}
    func quiesce(_ exchange: ServerExchange) {}
    func serves(on eventLoops: [any EventLoop]) {}
    func retire() {}
    func leave() async {}
    func drain() async {}
    func ended(_ successor: LoopSuccession.Successor?) async {}
    func compress(_ answer: HTTPAnswer, for exchange: ServerExchange) -> HTTPAnswer { answer }
}

/// Takes the body of one request. One of the methods is called, once, on the event loop of the request's connection.
protocol RequestBodyReceiver: AnyObject {
    /// The body is complete, and the request is to be answered.
    func received(_ body: ByteBuffer)

    /// The body will not come: it was larger than ``HTTPEndpoint/maxBody``, and the request has been answered with 413;
    /// or the connection was lost.
    func abandoned()
}
