// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine

/// What the servers of a cluster keep of a session, so that each of them can give it back to its client.
struct SessionRecord: Codable, Sendable {
    let id: String
    var rooms: Set<String>
    /// The values of the socket's data that can be encoded.
    let data: [String: SocketArgument]
    /// Where the journal was when the client connected first; nil if that was not known.
    let connectedAt: JournalOffset?
    /// Where the journal was when the rooms were these.
    let position: JournalOffset?
    /// How many times the session has been given back.
    var generation: Int
    /// The server that has the socket; nil once the socket is gone.
    var holder: String?
    /// Who opened the Engine.IO session: nobody else gets the state.
    var identity: String?
    /// See ``Socket/expires(at:)``.
    var expiry: Duration?
}

/// What is kept under the name of a session.
enum SessionEntry: Codable, Sendable {
    case record(SessionRecord)
    /// A server has taken the state. What another one writes later of this generation, or of one before it, is over.
    case taken(by: String, generation: Int)
}

/// All that is kept under the name of a session.
struct SessionEntries {
    /// The record of the last holder; nil if it has not written one yet.
    private(set) var record: SessionRecord?
    /// The server that has taken the state last.
    private(set) var taker: String?

    init(_ entries: [SessionEntry]) {
        var generation = Int.min
        for case .taken(let taker, let taken) in entries where taken >= generation {
            generation = taken
            self.taker = taker
        }
        for case .record(let record) in entries where record.generation > generation {
            generation = record.generation
            self.record = record
        }
    }
}

/// The secret name of a session. It says which server has made it, so that this server can be asked even before it has
/// written a record.
struct SharedSessionName {
    let text: String
    let maker: String

    init(maker: String) {
        self.text = "\(SessionID(shard: 0)).\(maker)"
        self.maker = maker
    }

    /// Nil for a text that no server has made.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, SessionID(parts[0]) != nil, SessionID(parts[1]) != nil else { return nil }
        self.text = text
        self.maker = String(parts[1])
    }

    /// How the journal calls the session.
    func key(in namespace: String) -> String { "\(namespace):\(self.text)" }
}
