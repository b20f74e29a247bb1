// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// What the servers of a cluster tell each other of who is present. Each server counts what it has said: whoever has
/// missed something learns that by the next number, and asks for all.
enum PresenceMessage<Info: Codable & Equatable & Sendable>: Codable, Sendable {
    /// A user is in a room, as the server's statement of this number.
    case present(PresenceTable<Info>.Entry, number: UInt64)
    /// A user is not in a room any more.
    case absent(room: String, user: String, number: UInt64)
    /// How many statements the server has made; sent with each heartbeat.
    case count(UInt64)
    /// Whoever this names is to say all.
    case ask(node: String)
    /// All that the server has to say, after so many statements.
    case all([PresenceTable<Info>.Entry], number: UInt64)
}
