// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Martlet

// The messages that the page sends and receives. A refusal is an answer, not an error: the page shows its text.

struct JoinRequest: Codable, Sendable {
    var room: String
    var name: String
    /// A random key that a browser chooses once, for all of its tabs, and tells nobody but the server.
    var user: String
    /// The offset of the last message of the room that the page has.
    var after: String?
}

struct JoinReply: Encodable, Sendable {
    var room: String
    /// Who the page is, among the members.
    var user: String?
    var members: [Presence<Profile>.Member] = []
    var rooms: [RoomSummary] = []
    var refused: String?
}

/// What others may know about a member.
struct Profile: Codable, Equatable, Sendable {
    var name: String
}

struct SayRequest: Codable, Sendable {
    /// A random key that the page chooses. A message that is sent again because its acknowledgement was lost keeps its
    /// key, and pages show it once.
    var key: String
    var text: String
}

struct SayReply: Codable, Sendable {
    /// Milliseconds since 1970.
    var time: Double?
    var refused: String?
}

struct Message: Codable, Sendable {
    var room: String
    var key: String
    var from: String
    var author: String
    var text: String
    var time: Double
}

struct Typing: Codable, Sendable {
    var room: String
    var user: String
    var typing: Bool
}

struct RoomSummary: Codable, Sendable {
    var name: String
    var people: Int
}

/// A message of the showcase, in either direction.
struct Numbered: Codable, Sendable {
    /// 1, 2, 3…
    var n: Int
    /// Milliseconds since 1970.
    var sent: Double
}

struct StreamRequest: Codable, Sendable {
    var perSecond: Int
}
