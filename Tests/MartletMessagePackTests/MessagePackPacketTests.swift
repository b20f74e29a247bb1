// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletMessagePack
import NIOCore
import SocketIOWire
import Testing

/// Packets as `socket.io-msgpack-parser` 3 and python-socketio read and write them.
struct MessagePackPacketTests {
    private func packet(_ members: (String, ArgumentValue)...) throws -> [UInt8] {
        try encoded(ArgumentValue.object(members.map { .init(name: $0.0, value: $0.1) }))
    }

    private func decode(_ message: [UInt8]) throws(SocketIOError) -> SocketPacket? {
        var decoder = codec.makeDecoder()
        return try decoder.binary(ByteBuffer(bytes: message), into: SocketPacket())
    }

    /// `type ackID namespace name arguments`
    private func description(_ message: [UInt8]) -> String {
        do throws(SocketIOError) {
            guard let packet = try self.decode(message) else { return "incomplete" }
            let kept = packet.kept()
            let parts = kept.type == .event || kept.type == .ack ? kept.arguments : kept.payload.map { [$0] } ?? []
            let name = kept.eventName.map { " \($0.string)" } ?? ""
            let arguments = parts.map { Array($0.readableBytesView).hex }
            return "\(kept.type) \(kept.ackID ?? -1) \(kept.namespace)\(name) \(arguments)"
        } catch {
            return "\(error)"
        }
    }

    @Test func packetsOfEachTypeAreRead() throws {
        let root = ("nsp", ArgumentValue.string("/"))
        func type(_ number: Int64) -> (String, ArgumentValue) { ("type", .integer(number)) }
        let name = ArgumentValue.string("hello")
        #expect(self.description(try self.packet(type(0), root)) == "connect -1 / []")
        #expect(self.description(try self.packet(type(0), ("data", .null), root)) == "connect -1 / []")
        #expect(self.description(try self.packet(type(0), ("data", .object([])), root)) == #"connect -1 / ["80"]"#)
        #expect(self.description(try self.packet(type(1), ("nsp", .string("/a")))) == "disconnect -1 /a []")
        #expect(self.description(try self.packet(type(1), ("data", .null), root)) == "disconnect -1 / []")
        let event = try self.packet(
            type(2), ("data", .array([name, .integer(1), .array([])])), root, ("id", .integer(0)))
        #expect(self.description(event) == #"event 0 / hello ["01", "90"]"#)
        #expect(
            self.description(try self.packet(("options", .object([])), root, ("data", .array([.integer(-5)])), type(2)))
                == "event -1 / -5 []")
        #expect(
            self.description(try self.packet(type(3), root, ("id", .integer(7)), ("data", .array([name]))))
                == #"ack 7 / ["a568656c6c6f"]"#)
        #expect(
            self.description(try self.packet(type(4), root, ("data", .string("no"))))
                == #"connectError -1 / ["a26e6f"]"#)
        // A packet of python-socketio 5.18 with msgpack 1.2, byte by byte.
        let python = bytes("84a47479706502a46461746192a568656c6c6fc40101a36e7370a12fa2696405")
        #expect(self.description(python) == #"event 5 / hello ["c40101"]"#)
        // JavaScript's undefined, of notepack.io 2.
        #expect(self.description(bytes("83a47479706500a464617461d40000a36e7370a12f")) == "connect -1 / []")
    }

    @Test func whatTheReferenceParserRefusesIsRefused() throws {
        let root = ("nsp", ArgumentValue.string("/"))
        let type = ("type", ArgumentValue.integer(2))
        let data = ("data", ArgumentValue.array([.string("a")]))
        let refused: [(String, [UInt8])] = [
            ("unknown packet type", try self.packet(root, data)),
            ("unknown packet type", try self.packet(("type", .integer(5)), root, data)),
            ("unknown packet type", try self.packet(("type", .integer(-1)), root, data)),
            ("unknown packet type", try self.packet(("type", .string("2")), root, data)),
            ("unknown packet type", try self.packet(("type", .number(1.5)), root, data)),
            ("unknown packet type", bytes("90")),
            ("invalid payload", try self.packet(type, data)),
            ("invalid payload", try self.packet(type, data, ("nsp", .integer(1)))),
            ("invalid payload", try self.packet(type, root)),
            ("invalid payload", try self.packet(type, root, ("data", .object([])))),
            ("invalid payload", try self.packet(type, root, ("data", .array([])))),
            ("invalid payload", try self.packet(type, root, ("data", .array([.bool(true)])))),
            ("invalid payload", try self.packet(("type", .integer(0)), root, ("data", .array([])))),
            ("invalid payload", try self.packet(("type", .integer(1)), root, ("data", .object([])))),
            ("invalid payload", try self.packet(("type", .integer(3)), root)),
            ("invalid payload", try self.packet(("type", .integer(4)), root)),
            ("invalid acknowledgement id", try self.packet(type, root, data, ("id", .string("1")))),
            ("invalid acknowledgement id", try self.packet(type, root, data, ("id", .integer(-1)))),
            ("invalid acknowledgement id", try self.packet(type, root, data, ("id", .integer(1 << 53)))),
            ("reserved event name", try self.packet(type, root, ("data", .array([.string("disconnect")])))),
            ("invalid payload", bytes("c1")), ("invalid payload", []),
            ("payload nested too deep", [UInt8](repeating: 0x91, count: 1000)),
        ]
        for (error, message) in refused { #expect(self.description(message) == error) }
    }

    @Test func aPacketThatIsCutShortIsRefused() throws {
        let event = try self.packet(
            ("type", .integer(2)), ("nsp", .string("/")), ("id", .integer(300)),
            ("data", .array([.string("hello"), .binary(ByteBuffer(bytes: [1])), .number(1.5), .object([])])))
        #expect(self.description(event).hasPrefix("event 300 / hello"))
        for length in event.indices { #expect(self.description(Array(event.prefix(length))) == "invalid payload") }
        #expect(self.description(event + [0]) == "invalid payload")
    }

    @Test func aTextIsRefused() {
        var decoder = codec.makeDecoder()
        #expect(throws: SocketIOError.invalidPayload) {
            try decoder.text(ByteBuffer(string: "2[\"hello\"]"), into: SocketPacket())
        }
    }

    @Test func packetsAboutANamespaceAreWritten() throws {
        func written(_ packet: ControlPacket, of namespace: String = "/") throws -> String {
            var buffer = ByteBuffer()
            try codec.write(packet, of: namespace, into: &buffer)
            return Array(buffer.readableBytesView).hex
        }
        #expect(
            try written(.connected(id: "x", pid: nil)) == "83a47479706500a36e7370a12fa46461746181a3736964a178")
        #expect(
            try written(.connected(id: "x", pid: "y"))
                == "83a47479706500a36e7370a12fa46461746182a3736964a178a3706964a179")
        // The reference parser takes no data, not even null.
        #expect(try written(.disconnected, of: "/a") == "82a47479706501a36e7370a22f61")
        #expect(
            try written(.refused(message: "no", data: nil))
                == "83a47479706504a36e7370a12fa46461746181a76d657373616765a26e6f")
        #expect(
            try written(.refused(message: "no", data: ["a": 1]))
                == "83a47479706504a36e7370a12fa46461746182a76d657373616765a26e6fa46461746181a16101")
    }

    @Test(arguments: [0, 13, 14, 15, 40]) func eventsOfAnyNumberOfArgumentsAreWritten(count: Int) throws {
        let writer = codec.makeWriter()
        for _ in 0..<2 {
            writer.begin(.event, of: "/", ackID: nil, "many")
            if count > 0 {
                for number in 1..<count { writer.encode(number) }
                writer.relay(RawArguments(Array("7".utf8)))
            }
            writer.relay(RawArguments(bytes("08 91 09"), format: codec.format))
            let packet = try writer.finish()
            #expect(packet.isBinary && packet.attachments.isEmpty)
            let read = try self.decode(Array(packet.message.readableBytesView))
            #expect(read?.eventName == "many" && read?.arguments.count == count + 2)
            #expect(read?.arguments.last == ByteBuffer(bytes: bytes("9109")))
            writer.reset()
        }
        writer.beginQuestion("many")
        for _ in 0..<count { writer.encode("x") }
        var question = ByteBuffer()
        codec.write(try writer.finish(), of: "/a", id: 3, into: &question)
        let read = try self.decode(Array(question.readableBytesView))
        #expect(read?.ackID == 3 && read?.namespace == "/a" && read?.arguments.count == count)
    }
}
