// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import NIOCore
import SocketIOWire

/// A codec of which each packet is one binary message: type, namespace, id, name, then the arguments.
struct LengthCodec: PacketCodec {
    var format: any ArgumentFormat.Type { LengthFormat.self }
    var coder: any ArgumentCoder { LengthCoder() }
    var isBinary: Bool { true }

    func makeDecoder() -> any PacketDecoder { Decoder() }
    func makeWriter() -> any PacketWriter { LengthWriter() }

    func write(_ packet: ControlPacket, of namespace: String, into buffer: inout ByteBuffer) throws {
        var arguments = ByteBuffer()
        var none: [ByteBuffer] = []
        let type: SocketPacketType
        switch packet {
        case .connected(let id, _):
            type = .connect
            try self.coder.encode(id, into: &arguments, attachments: &none)
        case .refused(let message, let data):
            type = .connectError
            try self.coder.encode(message, into: &arguments, attachments: &none)
            if let data { try self.coder.encode(data, into: &arguments, attachments: &none) }
        case .disconnected:
            type = .disconnect
        }
        Head(type: type, namespace: namespace).write(into: &buffer)
        buffer.writeImmutableBuffer(arguments)
    }

    func message(of event: SocketPacket) -> ByteBuffer {
        var message = ByteBuffer()
        Head(type: event.type, namespace: event.namespace, ackID: event.ackID, name: event.eventName?.string)
            .write(into: &message)
        if let payload = event.payload { message.writeImmutableBuffer(payload) }
        return message
    }

    func appending(_ argument: String, to event: EncodedPacket, of namespace: String) -> EncodedPacket? {
        var message = event.message
        var none: [ByteBuffer] = []
        do { try self.coder.encode(argument, into: &message, attachments: &none) } catch { return nil }
        return EncodedPacket(message: message, isBinary: true)
    }

    func write(_ question: EncodedPacket, of namespace: String, id: Int, into buffer: inout ByteBuffer) {
        // The name and the arguments are written already.
        Head(type: .event, namespace: namespace, ackID: id).write(withName: false, into: &buffer)
        buffer.writeImmutableBuffer(question.message)
    }

    /// What stands before the arguments.
    struct Head {
        var type: SocketPacketType
        var namespace: String
        var ackID: Int?
        var name: String?

        func write(withName: Bool = true, into buffer: inout ByteBuffer) {
            buffer.writeInteger(self.type.rawValue)
            Self.write(self.namespace, into: &buffer)
            buffer.writeInteger(Int64(self.ackID ?? -1))
            if withName { Self.write(self.name ?? "", into: &buffer) }
        }

        static func write(_ text: String, into buffer: inout ByteBuffer) {
            buffer.writeInteger(UInt8(text.utf8.count))
            buffer.writeString(text)
        }

        /// Nil for what is too short.
        init?(from buffer: inout ByteBuffer) {
            guard let digit = buffer.readInteger(as: UInt8.self), let type = SocketPacketType(rawValue: digit),
                let namespace = Self.readText(&buffer), let id = buffer.readInteger(as: Int64.self),
                let name = Self.readText(&buffer)
            else { return nil }
            self.init(
                type: type, namespace: namespace, ackID: id < 0 ? nil : Int(id), name: name.isEmpty ? nil : name)
        }

        init(type: SocketPacketType, namespace: String, ackID: Int? = nil, name: String? = nil) {
            self.type = type
            self.namespace = namespace
            self.ackID = ackID
            self.name = name
        }

        private static func readText(_ buffer: inout ByteBuffer) -> String? {
            buffer.readInteger(as: UInt8.self).flatMap { buffer.readString(length: Int($0)) }
        }
    }

    private struct Decoder: PacketDecoder {
        mutating func text(_ text: consuming ByteBuffer, into packet: SocketPacket) throws(SocketIOError) -> Bool {
            throw .invalidPayload
        }

        mutating func binary(
            _ bytes: ByteBuffer, into packet: SocketPacket
        ) throws(SocketIOError) -> SocketPacket? {
            var payload = bytes
            guard let head = Head(from: &payload) else { throw .unknownPacketType }
            packet.fill(
                head.type,
                namespace: head.namespace,
                ackID: head.ackID,
                name: head.name.map { EventName($0) },
                payload: payload.readableBytes > 0 ? payload : nil
            )
            for range in LengthFormat.ranges(in: payload.slice()) { packet.addArgument(range) }
            return packet
        }
    }
}

private final class LengthWriter: PacketWriter {
    private var message = ByteBuffer()
    private var error: (any Error)?

    func begin(_ type: SocketPacketType, of namespace: String, ackID: Int?, _ name: String?) {
        self.message.clear()
        LengthCodec.Head(type: type, namespace: namespace, ackID: ackID, name: name).write(into: &self.message)
    }

    func beginQuestion(_ event: String) {
        self.message.clear()
        LengthCodec.Head.write(event, into: &self.message)
    }

    func encode<Argument: Encodable>(_ argument: Argument) {
        var none: [ByteBuffer] = []
        do {
            try LengthCoder().encode(argument, into: &self.message, attachments: &none)
        } catch {
            if self.error == nil { self.error = error }
        }
    }

    func relay(_ arguments: RawArguments) {
        if arguments.isWritten(in: LengthFormat.self) {
            self.message.writeBytes(arguments.bytes)
            return
        }
        do {
            for value in try arguments.values() { self.encode(value) }
        } catch {
            if self.error == nil { self.error = error }
        }
    }

    func finish() throws -> EncodedPacket {
        if let error = self.error { throw error }
        return EncodedPacket(message: self.message, isBinary: true)
    }

    func reset() { self.error = nil }
}
