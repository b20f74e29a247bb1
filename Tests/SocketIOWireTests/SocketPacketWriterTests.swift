// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MartletTestSupport
import NIOCore
import SocketIOWire
import Testing

@Suite struct SocketPacketWriterTests {
    private func written(_ write: (inout ByteBuffer) -> Void) -> String {
        var buffer = ByteBuffer()
        write(&buffer)
        return buffer.text
    }

    @Test func everyVectorIsWritten() throws {
        for vector in SocketVectors.all.packets where vector.decodeOnly != true {
            var decoder = SocketPacketDecoder()
            var packet = try decoder.text(ByteBuffer(vector.encoded))
            for attachment in vector.packet.attachments ?? [] { packet = try decoder.binary(attachment.buffer) }
            let decoded = try #require(packet)
            let text = written { buffer in
                switch decoded.type {
                case .event, .binaryEvent:
                    guard decoded.type == .binaryEvent || decoded.payload?.text.hasPrefix("[\"") == true else {
                        // An event named by a number, which only a client sends.
                        SocketPacketWriter.writeHead(type: .event, into: &buffer)
                        buffer.writeImmutableBuffer(decoded.payload ?? ByteBuffer())
                        return
                    }
                    SocketPacketWriter.writeEvent(
                        decoded.eventName?.string ?? "", arguments: decoded.arguments,
                        attachments: decoded.attachmentCount,
                        namespace: decoded.namespace, ackID: decoded.ackID, into: &buffer)
                case .ack, .binaryAck:
                    SocketPacketWriter.writeAck(
                        id: decoded.ackID ?? 0, arguments: decoded.arguments, attachments: decoded.attachmentCount,
                        namespace: decoded.namespace, into: &buffer)
                case .connect:
                    SocketPacketWriter.writeConnect(namespace: decoded.namespace, auth: decoded.payload, into: &buffer)
                case .disconnect:
                    SocketPacketWriter.writeDisconnect(namespace: decoded.namespace, into: &buffer)
                case .connectError:
                    SocketPacketWriter.writeHead(type: .connectError, namespace: decoded.namespace, into: &buffer)
                    buffer.writeImmutableBuffer(decoded.payload ?? ByteBuffer())
                }
            }
            #expect(text == vector.encoded, "\(vector.name)")
        }
    }

    @Test func theAnswersToConnectAreTheReferences() {
        #expect(written { SocketPacketWriter.writeConnected(sid: "S", into: &$0) } == #"0{"sid":"S"}"#)
        #expect(
            written { SocketPacketWriter.writeConnected(sid: "S", pid: "P", namespace: "/admin", into: &$0) }
                == #"0/admin,{"sid":"S","pid":"P"}"#)
        #expect(
            written {
                SocketPacketWriter.writeConnectError(message: "Invalid namespace", namespace: "/random", into: &$0)
            }
                == #"4/random,{"message":"Invalid namespace"}"#)
        #expect(
            written { SocketPacketWriter.writeConnectError(message: "No", data: ByteBuffer("{\"a\":1}"), into: &$0) }
                == #"4{"message":"No","data":{"a":1}}"#)
        #expect(written { SocketPacketWriter.writeDisconnect(into: &$0) } == "1")
    }

    @Test func stringsAreEscapedAsJSONStringifyDoes() {
        #expect(
            written {
                SocketPacketWriter.writeJSONString(
                    "a/b\"\\\u{8}\u{9}\u{a}\u{c}\u{d}\0\u{1f}\u{7f}\u{2028}é🐦", into: &$0)
            }
                == "\"a/b\\\"\\\\\\b\\t\\n\\f\\r\\u0000\\u001f\u{7f}\u{2028}é🐦\"")
    }

    @Test func anyStringIsReadAgainByFoundationAndByUs() throws {
        var random = SeededGenerator(seed: 14)
        let scalars = Array("ab/\"\\\u{0}\u{1f}\n\r\t\u{2028}é€🐦{}[]:,".unicodeScalars)
        for _ in 0..<2000 {
            let text = String(
                (0..<Int.random(in: 0..<30, using: &random)).compactMap { _ in
                    scalars.randomElement(using: &random).map(Character.init)
                })
            var buffer = ByteBuffer()
            SocketPacketWriter.writeJSONString(text, into: &buffer)
            let theirs =
                try JSONSerialization.jsonObject(with: Data(buffer.readableBytesView), options: .fragmentsAllowed)
                as? String
            #expect(theirs.map { Array($0.utf8) } == Array(text.utf8))
            guard !EventName(text).isReserved else { continue }
            buffer.clear()
            SocketPacketWriter.writeEvent(text, arguments: [ByteBuffer("1")], into: &buffer)
            var decoder = SocketPacketDecoder()
            let packet = try #require(try decoder.text(buffer))
            #expect(packet.eventName == EventName(text))
            #expect(packet.arguments.map(\.text) == ["1"])
        }
    }

    @Test func anyPacketIsReadAgain() throws {
        var random = SeededGenerator(seed: 15)
        let values = ["1", "\"x\"", "[1,{}]", "{\"a\":null}", "true"].map { ByteBuffer($0) }
        for _ in 0..<3000 {
            let namespace = ["/", "/a", "/admin?x=1", "/é/b-c"].randomElement(using: &random) ?? "/"
            let ackID = Bool.random(using: &random) ? Int.random(in: 0...9_007_199_254_740_991, using: &random) : nil
            let attachments = Int.random(in: 0...3, using: &random)
            let arguments = (0..<Int.random(in: 0..<8, using: &random)).compactMap { _ in
                values.randomElement(using: &random)
            }
            var buffer = ByteBuffer()
            SocketPacketWriter.writeEvent(
                "name", arguments: arguments, attachments: attachments, namespace: namespace, ackID: ackID,
                into: &buffer)
            var decoder = SocketPacketDecoder()
            var packet = try decoder.text(buffer.asSlice)
            for index in 0..<attachments { packet = try decoder.binary(ByteBuffer(String(index))) }
            let decoded = try #require(packet)
            #expect(decoded.type == (attachments > 0 ? .binaryEvent : .event))
            #expect(decoded.namespace == namespace)
            #expect(decoded.ackID == ackID)
            #expect(decoded.attachments.map(\.text) == (0..<attachments).map(String.init))
            #expect(Array(decoded.arguments) == arguments)
        }
    }
}
