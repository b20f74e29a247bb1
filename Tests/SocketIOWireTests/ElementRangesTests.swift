// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import NIOCore
import Testing

@testable import SocketIOWire

@Suite struct ElementRangesTests {
    @Test(arguments: 0..<12)
    func everyArgumentIsFound(count: Int) throws {
        let values = ["1", "\"a,]\\\"\"", "{\"x\":[1,2]}", "[]", "null", "[[1],{}]"]
        let arguments = (0..<count).map { values[$0 % values.count] }
        for separator in [",", " , ", "\n,\t"] {
            let text = "2[ " + (["\"name\""] + arguments).joined(separator: separator) + " ]"
            var decoder = SocketPacketDecoder()
            let packet = try #require(try decoder.text(ByteBuffer(text).asSlice))
            #expect(packet.eventName == "name")
            #expect(packet.arguments.map(\.text) == arguments)
            #expect((0..<12).compactMap { packet.argument($0)?.text } == arguments)
            #expect((0..<12).compactMap { packet.copyOfArgument($0).map(Self.text) } == arguments)
            for first in 0..<count {
                let rest = packet.copyOfArguments(from: first).map(Self.text)
                #expect(rest == arguments.dropFirst(first).joined(separator: separator))
            }
            #expect(packet.copyOfArguments(from: count) == nil)
            let array = try JSONScanner.elements(of: ByteBuffer(String(text.dropFirst())))
            #expect(array.map(\.text) == ["\"name\""] + arguments)
        }
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func anAcknowledgementHasAllItsElements() throws {
        var decoder = SocketPacketDecoder()
        let packet = try #require(try decoder.text(ByteBuffer("31[\"a\",2]")))
        #expect(packet.arguments.map(\.text) == ["\"a\"", "2"])
    }

    @Test func otherPacketsHaveNone() throws {
        var decoder = SocketPacketDecoder()
        #expect(try decoder.text(ByteBuffer("0{\"a\":[1,2]}"))?.arguments.count == 0)
    }

    @Test func onlyAnArrayHasElements() throws {
        #expect(try JSONScanner.elements(of: ByteBuffer("{\"a\":1}")).isEmpty)
        #expect(throws: JSONFault.malformed) { try JSONScanner.elements(of: ByteBuffer("[")) }
        #expect(throws: JSONFault.tooDeep) { try JSONScanner.elements(of: ByteBuffer("[[]]"), maxDepth: 1) }
    }
}
