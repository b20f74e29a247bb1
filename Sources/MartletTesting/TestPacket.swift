// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import MartletEvents
internal import NIOCore
internal import SocketIOWire

/// A packet that the server sent to a ``TestClient``.
public struct TestPacket: Sendable {
    /// The kind of packet.
    public enum Kind: Sendable, Equatable {
        /// The namespace was joined.
        case connected(id: String)
        /// The namespace was not joined; the text is the error's JSON.
        case refused(String)
        /// The server ended the namespace.
        case disconnected
        case event(String)
        /// The answer to an event with this id.
        case acknowledgement(Int)
        /// A packet that does not follow the protocol.
        case invalid(String)
    }

    public let kind: Kind
    public let namespace: String
    /// The arguments of an event or acknowledgement.
    public let arguments: SocketArguments
    /// The id with which to acknowledge this event; `nil` if the server waits for no acknowledgement.
    public let acknowledgementID: Int?
    /// The name with which the client of a joined namespace may come back; see `ConnectionStateRecovery`.
    public let recoveryID: String?

    init(kind: Kind, namespace: String) {
        self.kind = kind
        self.namespace = namespace
        self.arguments = SocketArguments()
        self.acknowledgementID = nil
        self.recoveryID = nil
    }

    init(_ packet: SocketPacket) {
        self.namespace = packet.namespace
        var recoveryID: String?
        switch packet.type {
        case .connect:
            struct Reply: Decodable {
                var sid: String
                var pid: String?
            }
            let reply = packet.payload.flatMap {
                try? JSONArgumentCoder().decode(Reply.self, from: $0, attachments: [])
            }
            self.kind = .connected(id: reply?.sid ?? "")
            recoveryID = reply?.pid
        case .connectError: self.kind = .refused(packet.payload.map { String(buffer: $0) } ?? "")
        case .disconnect: self.kind = .disconnected
        case .event, .binaryEvent: self.kind = .event(packet.eventName?.string ?? "")
        case .ack, .binaryAck: self.kind = .acknowledgement(packet.ackID ?? -1)
        }
        self.arguments = SocketArguments(packet)
        self.recoveryID = recoveryID
        self.acknowledgementID = packet.type == .event || packet.type == .binaryEvent ? packet.ackID : nil
    }

    /// Whether this is an event of this name.
    public func isEvent(_ name: String) -> Bool { self.kind == .event(name) }

    /// The first argument.
    public func decode<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        try (self.arguments[0] ?? .null).decode(as: type)
    }
}

extension TestPacket: CustomStringConvertible {
    /// The kind, and the JSON of the arguments.
    public var description: String { "\(self.namespace) \(self.kind) \(self.arguments)" }
}
