// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Carries out what is meant for several sockets at once, wherever they are. Whoever addresses more than one socket does
/// it through the adapter of its server.
///
/// ``LocalAdapter`` reaches the sockets of this server. An adapter of a cluster reaches those of the other servers as
/// well, and leaves its own to the local one; to it, a target that ``BroadcastTarget/isLocal`` is the local one's matter
/// alone.
package protocol Adapter: Sendable {
    /// Sends an event, encoded once, to each socket of a target once. What is sent and done by one task or actor reaches
    /// each socket in that order.
    func broadcast(_ packet: EncodedPacket, to target: BroadcastTarget, in namespace: Namespace)

    /// Does something to each socket of a target; in order, as broadcasts are.
    func perform(_ operation: SocketOperation, on target: BroadcastTarget, in namespace: Namespace)

    /// Sends an event, encoded but for its id, to each socket of a target once, and waits for no answer; in order, as
    /// broadcasts are.
    /// - Parameter answered: called once for each socket, with its id and its answer, on any thread; before this returns,
    ///   too.
    /// - Returns: how many sockets were asked.
    func ask(
        _ question: EncodedPacket,
        of target: BroadcastTarget,
        in namespace: Namespace,
        timeout: Duration,
        answered: @escaping @Sendable (_ socketID: String, Result<SocketArguments, AcknowledgementError>) -> Void
    ) async -> Int

    /// How many sockets a target has.
    func count(_ target: BroadcastTarget, in namespace: Namespace) async -> Int

    /// The sockets of a target that are on this server.
    func sockets(_ target: BroadcastTarget, in namespace: Namespace) async -> [Socket]
}
