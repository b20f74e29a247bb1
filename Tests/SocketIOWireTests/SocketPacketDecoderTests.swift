// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import NIOCore
import SocketIOWire
import Testing

@Suite struct SocketPacketDecoderTests {
    private func decode(_ text: String) throws -> SocketPacket? {
        var decoder = SocketPacketDecoder()
        return try decoder.text(ByteBuffer(text))
    }

    @Test func everyVectorIsDecoded() throws {
        for vector in SocketVectors.all.packets {
            var decoder = SocketPacketDecoder()
            var packet = try decoder.text(ByteBuffer(vector.encoded).asSlice)
            let attachments = (vector.packet.attachments ?? []).map(\.buffer)
            for attachment in attachments {
                #expect(packet == nil, "\(vector.name)")
                #expect(decoder.isAwaitingAttachments)
                packet = try decoder.binary(attachment.asSlice)
            }
            #expect(!decoder.isAwaitingAttachments)
            let decoded = try #require(packet, "\(vector.name)")
            #expect(decoded.type == vector.packet.packetType, "\(vector.name)")
            #expect(decoded.namespace == vector.packet.namespace, "\(vector.name)")
            #expect(decoded.ackID == vector.packet.id, "\(vector.name)")
            #expect(decoded.attachmentCount == attachments.count, "\(vector.name)")
            #expect(decoded.attachments == attachments, "\(vector.name)")
            #expect(try decoded.payload.map(canonical(json:)) == vector.data, "\(vector.name)")
        }
    }

    @Test func everyInvalidVectorIsRefusedWithItsReason() {
        for vector in SocketVectors.all.invalid {
            var decoder = SocketPacketDecoder()
            var reason: String?
            for frame in vector.frames where reason == nil {
                do throws(SocketIOError) {
                    _ = try frame.isBinary ? decoder.binary(frame.buffer) : decoder.text(frame.buffer)
                } catch {
                    reason = error.description
                    #expect(error.closeReason == "parse error")
                }
            }
            #expect(reason == vector.reason, "\(vector.name)")
        }
    }

    // The malformed packets that the reference names, one by one.

    @Test(arguments: EventName.reserved)
    func aReservedEventIsRefused(name: EventName) {
        #expect(throws: SocketIOError.reservedEvent) { try decode("2[\"\(name)\"]") }
        #expect(throws: SocketIOError.reservedEvent) { try decode("50-[\"\(name)\",1]") }
    }

    @Test(arguments: [
        "2[true]", "2[null]", "2[{}]", "2[{\"a\":1}]", "0[]", "0/admin,\"x\"", "1{}", "2{}", "2[", "2[\"a\"", "2]",
        "2x",
    ])
    func aPayloadOfTheWrongKindIsRefused(text: String) {
        #expect(throws: SocketIOError.invalidPayload) { try decode(text) }
    }

    @Test(arguments: ["5", "51", "5a-", "51.23-", "5-", "5-1-", "51e1-", "5 1-", "5+1-", "50x1-", "5x0-[\"a\"]", "5["])
    func illegalAttachmentsAreRefused(text: String) {
        #expect(throws: SocketIOError.illegalAttachments) { try decode(text) }
    }

    @Test(arguments: ["511-[\"a\"]", "599999999999999999999-[\"a\"]", "518446744073709551617-[\"a\"]"])
    func tooManyAttachmentsAreRefused(text: String) {
        #expect(throws: SocketIOError.tooManyAttachments) { try decode(text) }
    }

    @Test func theNumberOfAttachmentsIsConfigurable() throws {
        var decoder = SocketPacketDecoder(maxAttachments: 1)
        #expect(throws: SocketIOError.tooManyAttachments) { try decoder.text(ByteBuffer("52-[\"a\"]")) }
        #expect(try decoder.text(ByteBuffer("51-[\"a\"]")) == nil)
    }

    @Test(arguments: ["", "9", "9[\"a\"]", "7", "a", " 2[\"a\"]", "-", "/", "é"])
    func anUnknownTypeIsRefused(text: String) {
        #expect(throws: SocketIOError.unknownPacketType) { try decode(text) }
    }

    @Test(arguments: [
        "29007199254740992[\"a\"]", "29223372036854775808[\"a\"]", "218446744073709551617[\"a\"]",
        "3/a,99999999999999999999[]",
    ])
    func anAcknowledgementIDPastTheBoundIsRefused(text: String) {
        #expect(throws: SocketIOError.invalidAckID) { try decode(text) }
    }

    @Test func textWhileAttachmentsAreOutstandingIsRefused() throws {
        var decoder = SocketPacketDecoder()
        #expect(try decoder.text(ByteBuffer("51-[\"a\",{\"_placeholder\":true,\"num\":0}]")) == nil)
        #expect(throws: SocketIOError.textWhileAttachmentsOutstanding) { try decoder.text(ByteBuffer("2[\"b\"]")) }
    }

    @Test func binaryWhileNoneIsOutstandingIsRefused() throws {
        var decoder = SocketPacketDecoder()
        #expect(throws: SocketIOError.unexpectedBinary) { try decoder.binary(ByteBuffer("x")) }
        // A binary event that announces none is complete at once.
        #expect(try decoder.text(ByteBuffer("50-[\"a\"]"))?.eventName == "a")
        #expect(throws: SocketIOError.unexpectedBinary) { try decoder.binary(ByteBuffer("x")) }
        #expect(try decoder.text(ByteBuffer("2[\"a\"]"))?.eventName == "a")
    }

    @Test(arguments: ["1", "-1", "0.5", "\"0\"", "null", "1e0", "99999999999999999999", "{}", "4294967296"])
    func aPlaceholderOutOfRangeIsRefused(number: String) {
        #expect(throws: SocketIOError.illegalAttachments) {
            try decode("51-[\"a\",{\"_placeholder\":true,\"num\":\(number)}]")
        }
    }

    @Test func nestingIsBoundedWithoutRecursion() throws {
        func nested(_ depth: Int) -> String {
            "2[\"a\"," + String(repeating: "[", count: depth - 1) + String(repeating: "]", count: depth - 1) + "]"
        }
        #expect(try decode(nested(512)) != nil)
        #expect(throws: SocketIOError.nestingTooDeep) { try decode(nested(513)) }
        #expect(throws: SocketIOError.nestingTooDeep) { try decode(nested(10_000)) }
        #expect(throws: SocketIOError.nestingTooDeep) { try decode("2" + String(repeating: "{\"a\":", count: 10_000)) }
        var shallow = SocketPacketDecoder(maxDepth: 2)
        #expect(try shallow.text(ByteBuffer("2[\"a\",[]]")) != nil)
        #expect(throws: SocketIOError.nestingTooDeep) { try shallow.text(ByteBuffer("2[\"a\",[[]]]")) }
    }

    @Test func whatTheReferenceTakesWithoutAPayloadIsTaken() throws {
        let event = try #require(try decode("2"))
        #expect(event.eventName == nil && event.payload == nil && event.arguments.isEmpty)
        #expect(try decode("212")?.ackID == 12)
        #expect(try decode("3")?.arguments.isEmpty == true)
        var decoder = SocketPacketDecoder()
        #expect(try decoder.text(ByteBuffer("51-")) == nil)
        #expect(try decoder.binary(ByteBuffer("x"))?.attachments.count == 1)
    }

    @Test func namesMayHoldAnything() throws {
        #expect(try decode("2[\"a\\u0000b\"]")?.eventName == EventName("a\0b"))
        #expect(try decode("2[\"\\ud800\"]")?.eventName == EventName("\u{fffd}"))
        #expect(try decode("2[\"\\ud83d\\udc26\"]")?.eventName == EventName("🐦"))
        #expect(try decode("0/\0,")?.namespace == "/\0")
    }

    @Test func whatWaitsForAttachmentsIsCopied() throws {
        var decoder = SocketPacketDecoder()
        // As a transport does that reads into one buffer for all connections, by which the bytes change afterwards.
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 1)
        defer { bytes.deallocate() }
        var scratch = ByteBuffer(repeating: 0, count: 64)
        func receive(_ text: String) -> ByteBuffer {
            scratch.setString(text, at: 0)
            return scratch.getSlice(at: 0, length: text.utf8.count) ?? ByteBuffer()
        }
        let head = receive("52-[\"a\",{\"_placeholder\":true,\"num\":1}]")
        #expect(try decoder.text(head) == nil)
        let first = receive("first")
        #expect(try decoder.binary(first) == nil)
        let packet = try #require(try decoder.binary(ByteBuffer("second")))
        func address(_ buffer: ByteBuffer) -> UnsafeRawPointer? { buffer.withUnsafeReadableBytes { $0.baseAddress } }
        #expect(packet.payload.flatMap(address) != address(head).map { $0 + 3 })
        #expect(address(packet.attachments[0]) != address(first))
        #expect(packet.attachments.map(\.text) == ["first", "second"])
        #expect(packet.arguments.map(\.text) == ["{\"_placeholder\":true,\"num\":1}"])
    }

    /// One packet is filled with all that a loop receives: nothing may be left in it of what was there before.
    @Test func aPacketThatIsUsedAgainIsAsANewOne() throws {
        var texts = [
            "2[\"a\",1,2,3,4,5,6,7]", "2", "0/other,{\"token\":1}", "3", "312[]",
            "2/nsp,7[\"a name of many bytes\",[]]",
            "1", "4{\"message\":\"no\"}", "2[\"a\"]", "3/nsp,0[null]", "2[1,2]", "2[\"a\",{\"b\":[1,2]}]",
        ]
        for first in texts { texts += texts.prefix(12).flatMap { [first, $0] } }
        var decoder = SocketPacketDecoder()
        let reused = SocketPacket()
        for text in texts {
            let fresh = try #require(try decoder.text(ByteBuffer(text)))
            #expect(try decoder.text(ByteBuffer(text), into: reused))
            for packet in [reused, reused.kept()] {
                #expect(packet.type == fresh.type)
                #expect(packet.namespace == fresh.namespace)
                #expect(packet.ackID == fresh.ackID)
                #expect(packet.eventName == fresh.eventName)
                #expect(packet.hasName == fresh.hasName)
                #expect(packet.payload == fresh.payload)
                #expect(packet.arguments == fresh.arguments)
                #expect(packet.copyOfArguments(from: 0) == fresh.copyOfArguments(from: 0))
                #expect(packet.copyOfArgument(1) == fresh.copyOfArgument(1))
                #expect(packet.attachments == fresh.attachments)
            }
            reused.clear()
        }
    }

    @Test func aPacketThatIsKeptOwnsItsMemory() throws {
        var decoder = SocketPacketDecoder()
        let packet = SocketPacket()
        var scratch = ByteBuffer("2[\"event\",\"first\"]")
        #expect(try decoder.text(scratch, into: packet))
        let kept = packet.kept()
        packet.clear()
        scratch.clear()
        scratch.writeString("2[\"other\",\"second\"]")
        #expect(try decoder.text(scratch, into: packet))
        #expect(kept.eventName == "event")
        #expect(kept.arguments.map(\.text) == ["\"first\""])
        #expect(kept.copyOfArgument(0) == Array("\"first\"".utf8))
        #expect(kept.kept() === kept)
        #expect(packet.arguments.map(\.text) == ["\"second\""])
    }

    @Test func everyCutOfAPacketIsRefusedOrIsAPacketItself() {
        for vector in SocketVectors.all.packets {
            let bytes = Array(vector.encoded.utf8)
            for end in 0..<bytes.count {
                var decoder = SocketPacketDecoder()
                _ = try? decoder.text(ByteBuffer(bytes: bytes[..<end]))
            }
        }
    }

    @Test func randomMutationsNeverTrap() {
        var random = SeededGenerator(seed: 11)
        let seeds =
            SocketVectors.all.packets.map { Array($0.encoded.utf8) }
            + SocketVectors.all.invalid.compactMap { $0.frames.first.map { Array($0.buffer.readableBytesView) } }
        let telling = Array("\"\\{}[],:/-0159.eE+ tu_ntfd\u{0}é".utf8)
        var decoder = SocketPacketDecoder()
        var taken = 0
        for _ in 0..<20_000 {
            guard var bytes = seeds.randomElement(using: &random) else { return }
            for _ in 0..<Int.random(in: 1..<4, using: &random) where !bytes.isEmpty {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                let byte = telling.randomElement(using: &random) ?? 0
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                case 2: bytes.insert(byte, at: index)
                default: bytes[index] = byte
                }
            }
            let buffer = ByteBuffer(bytes: bytes).asSlice
            guard
                let packet = try? Bool.random(using: &random) && decoder.isAwaitingAttachments
                    ? decoder.binary(buffer) : decoder.text(buffer)
            else { continue }
            taken += 1
            for argument in packet.arguments {
                var out = ByteBuffer()
                SocketPacketWriter.rewritePlaceholders(
                    argument, attachmentCount: packet.attachments.count, offset: 1, into: &out)
                // What the scanner took is JSON, each argument too, and stays so when it is relayed.
                if (try? JSONScanner.validate(argument)) == nil { Issue.record("\(argument.text)") }
                if (try? JSONScanner.validate(out)) == nil { Issue.record("\(out.text)") }
            }
            _ = packet.eventName?.string
        }
        #expect(taken > 1000)
    }
}
