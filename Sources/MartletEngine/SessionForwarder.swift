// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import HTTPTypes
package import NIOCore

/// Serves requests for sessions of other nodes. An engine has one if requests are forwarded between the nodes of its
/// cluster.
package protocol SessionForwarder: AnyObject, Sendable {
    /// The node that is known to have a session, if the session has been moved there.
    func newNode(of id: SessionID) -> String?

    /// Checks the field by which another node vouches for a request that it has forwarded.
    /// - Returns: where the request comes from; `nil` when the field is not the work of a node.
    func origin(of exchange: any ForwardableExchange, _ field: String) -> ForwardedOrigin?

    /// Answers a request for a session that is not on this node. Called on the event loop of the request's connection.
    /// - Parameters:
    ///   - isRepeatable: whether the session tells a repeated request from a new one.
    ///   - unknown: answers instead, when no node has the session.
    func forward(
        _ exchange: any ForwardableExchange,
        for id: SessionID,
        body: ByteBuffer,
        isRepeatable: Bool,
        unknown: @escaping @Sendable () -> Void
    )

    /// Ends all forwarded requests and connections, because the server shuts down. May be called more than once.
    func shutDown()

    /// The event loops end, and all requests have.
    func loopsEnd()
}

/// Where a request that another node has forwarded comes from.
package final class ForwardedOrigin: Sendable {
    /// The address that the client's connection to the other node comes from.
    package let address: SocketAddress?
    package let isSecure: Bool

    package init(address: SocketAddress?, isSecure: Bool) {
        self.address = address
        self.isSecure = isSecure
    }
}

/// The header fields between the nodes of a cluster.
package enum ForwardingField {
    /// Vouches for a forwarded request.
    package static let forwarded = "Martlet-Forwarded"
    /// In an answer with status 421: the node that has the session.
    package static let sessionNode = "Martlet-Session-Node"
}

/// A request that may be answered by another node. Used on the event loop of its connection.
package protocol ForwardableExchange: HTTPExchange, Sendable {
    var channel: any Channel { get }
    var method: HTTPRequest.Method { get }
    /// Path and query.
    var target: String { get }
    var host: String? { get }
    var asksForWebSocket: Bool { get }
    /// Where the connection comes from.
    var peerAddress: SocketAddress? { get }
    var isSecure: Bool { get }
    /// The header fields that are added to each answer, also to one by another node.
    var addedFields: HTTPFields { get }

    /// Calls `body` with each header field, but `Host` where that is no field of its own.
    func forEachField(_ body: (_ name: String, _ value: String) -> Void)

    /// Ends the connection, in the middle of an answer.
    func abort()

    /// Takes the HTTP handlers out of the pipeline, and puts a handler for raw bytes in their place.
    /// - Returns: whether that was possible; if not, the connection is lost.
    func replaceHTTP(with handler: any RawBytesHandler) -> Bool
}

/// A handler of a connection that speaks HTTP no longer.
package protocol RawBytesHandler: RemovableChannelHandler {
    /// Called before the handler is in the pipeline.
    /// - Parameter giveBack: takes the memory of what was read; it is used again if nobody holds it.
    func willReplaceHTTP(_ giveBack: @escaping (ByteBuffer) -> Void)

    /// Tells the handler how to find out how many bytes were written and have not left, on a channel without NIO's
    /// option for that. Called before the handler is in the pipeline.
    func counts(_ unsentBytes: @escaping () -> Int)
}
