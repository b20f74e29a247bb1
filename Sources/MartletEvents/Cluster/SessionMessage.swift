// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// What nodes that take forwarded requests tell each other about sessions.
enum SessionMessage: Codable, Sendable {
    /// Which of these sessions are on a node? Each node answers.
    case seek([String], question: Int)
    /// Sessions are on another node from now on.
    case moved([String], to: String)

    /// How many sessions one message names at most.
    static let limit = 256
}

/// An answer to a question, on the channel of the node that has asked: those of the sessions that are on this node.
struct SessionAnswer: Codable, Sendable {
    let question: Int
    let sessions: [String]
}
