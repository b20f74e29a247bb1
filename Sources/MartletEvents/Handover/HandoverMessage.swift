// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// What two nodes say to each other while one hands sessions to the other, each on the other's channel. A handover
/// concerns some sessions of one event loop; its name is unique.
///
/// ```
/// old node                                   new node
///   prepare ───────────────────────────────►  begins to keep the operations of the namespaces
///   (on each namespace's channel,  ◄───────── fence
///    and in the journal, if there is one)
///   freezes the sessions
///   (and waits until what it has
///    appended is in the journal)
///   sessions ──────────────────────────────►  adopts them, carries out what was kept and they have not had
///   releases the sessions  ◄───────────────── adopted
/// ```
///
/// Whoever receives the fence on a channel has received what the new node has not kept: all see a channel's messages in
/// one order.
enum HandoverMessage: Codable, Sendable {
    case prepare(handover: String, namespaces: Set<String>)
    /// The new node takes none of the sessions.
    case refused(handover: String)
    case sessions(handover: String, [ConnectionSnapshot], OperationCoverage)
    /// - Parameter refused: those that it does not take, by their place.
    case adopted(handover: String, refused: Set<Int>)
    /// The sessions are not to be handed over after all.
    case dropped(handover: String, sessions: Set<String>)
    /// The client has answered a question of the old node.
    case answered(socket: String, question: Int, ServerSideAnswer)
}

/// What one node waits for in a handover.
enum HandoverEvent: Sendable {
    case fenced(channel: String)
    /// All is in the journal that this node has appended before the sessions were frozen.
    case flushed
    case refused
    case adopted(refused: Set<Int>)
}
