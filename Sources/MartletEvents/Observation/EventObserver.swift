// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Measures what only the moment tells: how long handlers and broadcasts take. A server has one at most, and usually none.
package protocol EventObserver: AnyObject, Sendable {
    /// Calls a handler of an event, on the event loop.
    func handle(_ event: String, of socket: Socket, _ body: () throws -> Bool) throws -> Bool

    /// Calls a handler of an event that may suspend.
    func handle(_ event: String, of socket: Socket, suspending body: () async throws -> Bool) async throws -> Bool

    /// Calls a handler of an event from another server, on any thread.
    func handle(
        _ event: ServerSideEvent,
        in namespace: Namespace,
        _ body: () throws -> SocketArguments?
    ) throws -> SocketArguments?

    /// Calls a handler of an event from another server that may suspend.
    func handle(
        _ event: ServerSideEvent,
        in namespace: Namespace,
        suspending body: () async throws -> SocketArguments?
    ) async throws -> SocketArguments?

    /// The trace that the caller is part of, as it travels to other servers: header fields, such as `traceparent`. `nil` if
    /// there is none.
    var traceContext: [String: String]? { get }

    /// Calls what sends an event to many, on any thread.
    func broadcast(_ event: String, in namespace: Namespace, _ body: () -> Void)

    /// A broadcast was given to the transports of all its receivers on this server. Called on any thread.
    func fannedOut(in namespace: String, receivers: Int, nanoseconds: Int64)
}

/// Holds an observer where only an object can be held.
final class EventObserverBox: Sendable {
    let observer: any EventObserver

    init(_ observer: any EventObserver) { self.observer = observer }
}

extension SocketIOServer {
    /// Has the server observed from now on.
    /// - Returns: false if it is observed already.
    package func observe(with observer: any EventObserver) -> Bool { self.core.observe(with: observer) }

    /// What the server has told the other servers of its cluster, and heard of them; `nil` without a cluster.
    package var clusterTraffic: ClusterTraffic? { self.core.clusterAdapter?.traffic.current }
}
