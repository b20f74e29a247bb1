// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

/// A connection with its sockets as it travels to another server. It comes from outside, so it is checked where it is
/// restored.
struct ConnectionSnapshot: Codable, Sendable {
    let session: SessionSnapshot
    /// The messages of a packet whose attachments are outstanding.
    let partial: [RawMessage]
    let revokedNamespaces: Set<String>
    let sockets: [SocketSnapshot]

    var byteCount: Int {
        let messages = self.partial + self.sockets.flatMap(\.waiting)
        return messages.reduce(self.session.byteCount + 1024) { $0 + $1.bytes.readableBytes }
    }
}

/// A socket on its way to another server.
struct SocketSnapshot: Codable, Sendable {
    let id: String
    let namespace: String
    /// One argument.
    let auth: JSONArguments
    let joinedAt: Duration
    /// See ``Socket/expires(at:)``.
    let expiry: Duration?
    /// By their stored names.
    let rooms: Set<String>
    /// The values of ``Socket/data`` that can be encoded, each one argument. A `SocketArgument` would take the binary
    /// parts of the whole message along, and send them on with the next one.
    let data: [String: JSONArguments]
    /// The ids under which answers of the client are waited for.
    let questions: Set<Int>
    let nextQuestion: Int
    /// Events that no handler has begun to handle, message by message.
    let waiting: [RawMessage]
    /// Nil unless all servers of the cluster keep the state of those who are away.
    let recovery: TravellingRecovery?

    /// Whether the numbers can be those of a socket.
    var isPlausible: Bool {
        self.auth.one != nil && !self.id.isEmpty && self.id.utf8.count <= 64
            && 0..<(1 << 53) ~= self.nextQuestion && self.questions.allSatisfy { 0..<self.nextQuestion ~= $0 }
            && self.joinedAt >= .zero && self.joinedAt < .seconds(1 << 40) && self.recovery?.isPlausible ?? true
    }
}

/// A socket's place in the recovery of its cluster on the way to another server.
struct TravellingRecovery: Codable, Sendable {
    let pid: String
    let connectedAt: JournalOffset?
    let generation: Int
    /// See ``Socket/recovered``.
    let isRestored: Bool

    fileprivate var isPlausible: Bool { SharedSessionName(self.pid) != nil && 0..<(1 << 53) ~= self.generation }
}

extension JSONArguments {
    /// - Returns: `nil` if the argument has no form in JSON.
    init?(one argument: SocketArgument) {
        guard let arguments = try? JSONArguments(SocketArguments(argument.raw)) else { return nil }
        self = arguments
    }

    var one: SocketArgument? { self.socketArguments[0] }
}

/// A message as the client sent it.
struct RawMessage: Codable, Sendable {
    let bytes: ByteBuffer
    let isBinary: Bool
}

/// Why a connection could not be restored.
enum RestoringError: Error {
    case unknownNamespace
    /// The sockets contradict each other, or what a client may have.
    case invalid
}
