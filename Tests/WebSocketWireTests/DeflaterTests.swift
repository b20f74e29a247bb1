// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing
import WebSocketWire

@Suite struct DeflaterTests {
    private let pool = DeflatePool()

    private func deflater(_ parameters: PerMessageDeflateParameters) -> Deflater {
        Deflater(parameters: parameters, configuration: .init(), role: .server, pool: pool)
    }

    private func compress(_ text: String, _ deflater: Deflater) throws -> [UInt8] {
        var output = ByteBuffer(bytes: [0xAB])  // what is there already stays
        try Array(text.utf8).withUnsafeBytes { try deflater.compress($0, into: &output) }
        #expect(output.readInteger() == UInt8(0xAB))
        return Array(buffer: output)
    }

    @Test func helloOfTheSpecification() throws {
        let deflater = deflater(.init())
        #expect(try compress("Hello", deflater) == hex("f2 48 cd c9 c9 07 00"))
        #expect(try compress("Hello", deflater) == hex("f2 00 11 00 00"))
    }

    @Test func withoutTakeoverEachMessageStandsAlone() throws {
        let deflater = deflater(.init(serverNoContextTakeover: true))
        for _ in 0..<2 { #expect(try compress("Hello", deflater) == hex("f2 48 cd c9 c9 07 00")) }
        #expect(pool.idleCount == 1)
    }

    @Test func emptyMessageIsOneByte() throws {
        let deflater = deflater(.init())
        #expect(try compress("", deflater) == [0])
        #expect(try compress("Hello", deflater) == hex("f2 48 cd c9 c9 07 00"))
        #expect(try compress("", deflater) == [0])
    }

    @Test func forgottenOrReleasedHistoryIsNotReferredTo() throws {
        let deflater = deflater(.init())
        deflater.forgetHistory()
        _ = try compress("Hello", deflater)
        deflater.forgetHistory()
        #expect(try compress("Hello", deflater) == hex("f2 48 cd c9 c9 07 00"))
        deflater.releaseContext()
        #expect(try compress("Hello", deflater) == hex("f2 48 cd c9 c9 07 00"))
        #expect(pool.idleCount == 0)
    }

    @Test func roleChoosesTheDirection() {
        let parameters = PerMessageDeflateParameters(serverMaxWindowBits: 10, clientMaxWindowBits: 12)
        let client = Deflater(parameters: parameters, configuration: .init(), role: .client, pool: pool)
        #expect(deflater(parameters).windowBits == 10)
        #expect(client.windowBits == 12)
    }
}
