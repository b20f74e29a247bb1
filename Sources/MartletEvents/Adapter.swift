// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Carries out operations on several sockets at once, wherever these sockets are. All code that addresses more than one
/// socket uses the adapter of its server.
///
/// ``LocalAdapter`` reaches the sockets of this server. An adapter of a cluster also reaches the sockets of the other
/// servers, and leaves this server's own sockets to a ``LocalAdapter``. A target that ``BroadcastTarget/isLocal``
/// concerns the ``LocalAdapter`` only.
package protocol Adapter: Sendable {
    /// Sends an event, encoded once, to each socket of a target once. Each socket gets the broadcasts and operations of
    /// one task or actor in the order in which they were started.
    func broadcast(_ packet: EncodedPacket, to target: BroadcastTarget, in namespace: Namespace)

    /// Performs an operation on each socket of a target, in order with broadcasts.
    func perform(_ operation: SocketOperation, on target: BroadcastTarget, in namespace: Namespace)

    /// Sends an event, encoded but for its id, to each socket of a target once, and waits for no answer; in order, as
    /// broadcasts are.
    /// - Parameter answered: called once for each socket, with its id and its answer, on any thread; before this returns,
    ///   too.
    /// - Returns: how many sockets were asked; a node that is missing did not say in time whom it asked.
    func ask(
        _ question: EncodedPacket,
        of target: BroadcastTarget,
        in namespace: Namespace,
        timeout: Duration,
        answered: @escaping @Sendable (_ socketID: String, Result<SocketArguments, AcknowledgementError>) -> Void
    ) async -> Gathered<Int>

    /// How many sockets a target has.
    func count(_ target: BroadcastTarget, in namespace: Namespace) async -> Gathered<Int>

    /// Describes the sockets of a target.
    func describe(_ target: BroadcastTarget, in namespace: Namespace) async -> Gathered<[SocketDescription]>

    /// The sockets of a target that are on this server.
    func sockets(_ target: BroadcastTarget, in namespace: Namespace) async -> [Socket]

    /// Sends an event to the other servers that have a namespace.
    func send(_ event: ServerSideEvent, in namespace: Namespace)

    /// Sends an event to the other servers that have a namespace, and waits for their answers.
    /// - Returns: the answers of all of them by the id of the node; a failure where there is none.
    func ask(
        _ event: ServerSideEvent,
        in namespace: Namespace,
        timeout: Duration
    ) async -> [String: ServerSideAnswer]
}
