// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import WebSocketWire

struct WebSocketClientHandshakeTests {
    private static func answer(
        to handshake: WebSocketClientHandshake, _ change: (inout WebSocketClientHandshake.Answer) -> Void = { _ in }
    ) -> WebSocketClientHandshake.Answer {
        var answer = WebSocketClientHandshake.Answer()
        answer.read("upgrade", "WebSocket")
        answer.read("Connection", "keep-alive, Upgrade")
        answer.read("Sec-WebSocket-Accept", WebSocketHandshake.acceptKey(for: handshake.key))
        change(&answer)
        return answer
    }

    /// The server's half accepts what the client's half asks for.
    @Test(arguments: [true, false]) func bothHalvesAgree(compresses: Bool) throws {
        let handshake = WebSocketClientHandshake(nonce: (1, 2), offersDeflate: compresses)
        let request = WebSocketUpgradeRequest(
            method: "GET", connection: ["Upgrade"], upgrade: ["websocket"], version: ["13"], key: [handshake.key],
            extensions: handshake.extensions.map { [$0] } ?? [])
        guard case .accepted(let acceptance) = WebSocketHandshake.answer(request, deflate: .init()) else {
            Issue.record("refused")
            return
        }
        let deflate = try handshake.check(
            Self.answer(to: handshake) { $0.extensions = acceptance.extensions.map { [$0] } ?? [] })
        #expect((deflate != nil) == compresses)
        #expect(deflate?.serverNoContextTakeover != false)
    }

    @Test func anotherAnswerIsRefused() {
        let handshake = WebSocketClientHandshake(nonce: (1, 2), offersDeflate: true)
        let changes: [(inout WebSocketClientHandshake.Answer) -> Void] = [
            { $0.upgrade = [] }, { $0.connection = ["close"] }, { $0.accept = [] },
            { $0.accept = ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="] }, { $0.accept += $0.accept }, { $0.protocols = ["chat"] },
            { $0.extensions = ["x-unknown"] }, { $0.extensions = ["permessage-deflate"] }, { $0.extensions = [";"] },
        ]
        for change in changes {
            #expect(throws: WebSocketError.self) { try handshake.check(Self.answer(to: handshake, change)) }
        }
    }

    @Test(arguments: [0, 1, 124, 125, 126, 65534, 65535, 65536]) func maskedFramesAreRead(size: Int) throws {
        let payload = ByteBuffer(bytes: (0..<size).map { UInt8(truncatingIfNeeded: $0) })
        var buffer = ByteBuffer()
        let mask = WebSocketMask(key: 0x1234_5678)
        WebSocketFrame.writeMasked(opcode: .binary, prefix: 9, payload: payload, mask: mask, into: &buffer)
        var decoder = WebSocketDecoder(role: .server)
        var scratch = ByteBuffer()
        decoder.feed(buffer)
        #expect(try decoder.next(into: &scratch) == .binary(ByteBuffer(bytes: [9] + payload.readableBytesView)))
    }
}
