// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import NIOCore
import Testing
import WebSocketWire

@Suite struct SharedCompressionTests {
    @Test(arguments: 9...15)
    func sharedMessageIsValidInTheMiddleOfAnyStream(windowBits: Int) throws {
        var generator = SeededGenerator(seed: UInt64(windowBits))
        let pool = DeflatePool()
        let configuration = PerMessageDeflateConfiguration()
        // A message longer than the largest window, with repetitions as far apart as the window may reach.
        let message = generator.text(40_000)
        var shared = ByteBuffer()
        try Array(message.utf8).withUnsafeBytes {
            try SharedCompression.compress(
                $0, windowBits: windowBits, configuration: configuration, pool: pool, into: &shared)
        }
        for noTakeover in [false, true] {
            let parameters = PerMessageDeflateParameters(
                serverNoContextTakeover: noTakeover, serverMaxWindowBits: windowBits)
            let deflater = Deflater(parameters: parameters, configuration: configuration, role: .server, pool: pool)
            var stream: [UInt8] = []
            for turn in 0..<3 {
                var own = ByteBuffer()
                try Array("own \(turn) lobby said".utf8).withUnsafeBytes { try deflater.compress($0, into: &own) }
                stream += frame(.text, Array(buffer: own), rsv1: true, from: .server)
                stream += frame(.text, Array(buffer: shared), rsv1: true, from: .server)
                deflater.forgetHistory()
            }
            let expected = (0..<3).flatMap { [WebSocketEvent.text("own \($0) lobby said"), .text(message)] }
            #expect(Decoded([stream], role: .client, deflate: parameters) == Decoded(events: expected))
        }
    }

    @Test func sameMessageTwiceGivesTheSameBytes() throws {
        let pool = DeflatePool()
        var outputs: [ByteBuffer] = []
        for _ in 0..<2 {
            var output = ByteBuffer()
            try Array("Hello".utf8).withUnsafeBytes {
                try SharedCompression.compress($0, windowBits: 15, configuration: .init(), pool: pool, into: &output)
            }
            outputs.append(output)
        }
        #expect(Array(buffer: outputs[0]) == hex("f2 48 cd c9 c9 07 00"))
        #expect(outputs[0] == outputs[1])
        #expect(pool.idleCount == 1)
    }
}
