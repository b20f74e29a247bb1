// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletShared
internal import NIOCore
internal import SocketIOWire

/// Reads and checks packets, each one binary message.
struct MessagePackPacketDecoder: PacketDecoder {
    /// The largest acknowledgement id, 2^53 - 1: the last integer that JavaScript's numbers hold exactly.
    private static let maxAckID = 9_007_199_254_740_991

    mutating func text(_ text: consuming ByteBuffer, into packet: SocketPacket) throws(SocketIOError) -> Bool {
        throw .invalidPayload
    }

    mutating func binary(
        _ bytes: ByteBuffer, into packet: SocketPacket
    ) throws(SocketIOError) -> SocketPacket? {
        let tape: MessagePackTape
        do {
            tape = try MessagePackTape(of: bytes)
        } catch {
            throw error == .tooDeep ? .nestingTooDeep : .invalidPayload
        }
        let members = try Members(tape)
        guard let digit = members.type.flatMap({ tape.scalar(UInt8.self, at: $0) }),
            let type = SocketPacketType(rawValue: digit), !type.isBinary
        else { throw .unknownPacketType }
        guard let namespace = members.namespace.flatMap({ tape.scalar(String.self, at: $0) }) else {
            throw .invalidPayload
        }
        var ackID: Int?
        if let id = members.id {
            ackID = tape.scalar(Int.self, at: id)
            guard let ackID, 0...Self.maxAckID ~= ackID else { throw .invalidAckID }
        }
        let data = members.data
        switch type {
        case .event, .binaryEvent, .ack, .binaryAck:
            guard let data, tape.kind(at: data) == .array else { throw .invalidPayload }
            let name = type == .event ? try Self.eventName(in: tape, data) : nil
            packet.fill(type, namespace: namespace, ackID: ackID, name: name, payload: bytes)
            Self.addArguments(of: tape, data, skippingFirst: name != nil, to: packet)
        case .connect:
            guard data.map({ tape.kind(at: $0) == .map }) ?? true else { throw .invalidPayload }
            packet.fill(type, namespace: namespace, ackID: ackID, payload: data.map { tape.slice(at: $0) })
        case .disconnect:
            guard data == nil else { throw .invalidPayload }
            packet.fill(type, namespace: namespace, ackID: ackID, payload: nil)
        case .connectError:
            guard let data, [.map, .string].contains(tape.kind(at: data)) else { throw .invalidPayload }
            packet.fill(type, namespace: namespace, ackID: ackID, payload: tape.slice(at: data))
        }
        return packet
    }

    /// The name of an event, the first element of its data.
    private static func eventName(in tape: MessagePackTape, _ data: Int) throws(SocketIOError) -> EventName {
        guard tape.count(at: data) > 0 else { throw .invalidPayload }
        let first = tape.first(in: data)
        let name: EventName
        switch tape.kind(at: first) {
        case .string: name = EventName(utf8: tape.body(at: first))
        case .number:
            guard let number = tape.scalar(Int64.self, at: first) else { throw .invalidPayload }
            name = EventName("\(number)")
        default: throw .invalidPayload
        }
        guard !name.isReserved else { throw .reservedEvent }
        return name
    }

    private static func addArguments(
        of tape: MessagePackTape, _ data: Int, skippingFirst: Bool, to packet: SocketPacket
    ) {
        var element = tape.first(in: data)
        for index in 0..<tape.count(at: data) {
            if index > 0 || !skippingFirst { packet.addArgument(tape.range(at: element)) }
            element = tape.next(after: element)
        }
    }

    /// The places of a packet's values. Of members with equal keys the last counts, as in JavaScript; other members are
    /// ignored, and a member that is nil is absent.
    private struct Members {
        var type: Int?
        var namespace: Int?
        var id: Int?
        var data: Int?

        init(_ tape: MessagePackTape) throws(SocketIOError) {
            guard tape.kind(at: 0) == .map else { throw .unknownPacketType }
            var key = tape.first(in: 0)
            for _ in 0..<tape.count(at: 0) {
                let value = tape.kind(at: key + 1) == .null ? nil : key + 1
                switch tape.scalar(String.self, at: key) {
                case "type": self.type = value
                case "nsp": self.namespace = value
                case "id": self.id = value
                case "data": self.data = value
                default: break
                }
                key = tape.next(after: key + 1)
            }
        }
    }
}
