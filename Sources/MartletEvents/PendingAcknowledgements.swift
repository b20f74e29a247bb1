// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine

/// Called with the client's answer, or with the reason why there is none. The answer's memory may be reused after the
/// call.
typealias AcknowledgementCompletion = (Result<AcknowledgementAnswer, AcknowledgementError>) -> Void

/// What the client has answered.
enum AcknowledgementAnswer: Sendable {
    case packet(ReceivedPacket)
    /// By way of another server.
    case arguments(SocketArguments)

    /// As ``ReceivedPacket/read(_:at:for:)``.
    func read<Value: Decodable>(
        _ type: Value.Type,
        at index: inout Int,
        for socket: Socket
    ) throws(InvalidArgument) -> Value {
        switch self {
        case .packet(let packet): return try packet.read(type, at: &index, for: socket)
        case .arguments(let arguments):
            let arguments = ServerSideArguments(arguments: arguments, coder: socket.core.configuration.coder)
            return try arguments.read(type, at: &index)
        }
    }

    func arguments(for socket: Socket) -> SocketArguments {
        switch self {
        case .packet(let packet): packet.arguments(from: 0, for: socket)
        case .arguments(let arguments): arguments
        }
    }
}

/// The acknowledgements that a socket waits for, by id. Confined to the socket's event loop.
struct PendingAcknowledgements {
    struct Pending {
        let timer: LoopTimers.Token
        let completion: AcknowledgementCompletion
    }

    private var pending: [Int: Pending] = [:]
    private(set) var nextID = 0
    /// No id below this one is pending.
    private var oldestID = 0

    var count: Int { self.pending.count }
    var ids: Set<Int> { Set(self.pending.keys) }

    /// A new id; each is used once in the life of the socket.
    mutating func makeID() -> Int {
        defer { self.nextID += 1 }
        return self.nextID
    }

    /// The ids below this one have been used, on another server.
    mutating func restore(next: Int) {
        self.nextID = next
        self.oldestID = next
    }

    mutating func insert(_ id: Int, _ acknowledgement: Pending) {
        self.pending[id] = acknowledgement
    }

    /// - Returns: `nil` for an id that was never given out, or was removed before.
    mutating func remove(_ id: Int) -> Pending? {
        self.pending.removeValue(forKey: id)
    }

    mutating func removeOldest() -> Pending? {
        // Ids rise and each search continues where the last one ended, so all calls together take as many steps as
        // there were ids.
        while self.oldestID < self.nextID {
            defer { self.oldestID += 1 }
            if let oldest = self.pending.removeValue(forKey: self.oldestID) { return oldest }
        }
        return nil
    }

    mutating func removeAll() -> [Pending] {
        defer { self.pending = [:] }
        return self.pending.sorted { $0.key < $1.key }.map(\.value)
    }
}
