// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletTLS
import MartletTestSupport
import NIOCore
import NIOHPACK
import Testing

/// Clients of HTTP/2 that overdo it: each loses its own connection, and nobody else anything.
struct HTTP2FloodTests {
    private static let protocolError: UInt32 = 1
    private static let enhanceYourCalm: UInt32 = 11

    /// - Parameter attack: may fail, when the server has closed the connection before all was sent.
    private func expectEnd(_ errors: UInt32..., attack: (TestHTTP2) async throws -> Void) async throws {
        try await withHTTP2(isEncrypted: false) { port in
            let bystander = try await TestHTTP2.connect(to: port)
            let session = try await HTTP2Tests.joinStream(bystander)
            let client = try await TestHTTP2.connect(to: port)
            try? await attack(client)
            try await client.waitForEnd()
            let error = try #require(await client.farewells.last?.last)
            #expect(errors.contains(error))
            _ = try await bystander.send("POST", session.target, body: #"42["echo",1]"#)
            #expect(try await bystander.event(of: session.stream) == #"42["echo",1]"#)
            await bystander.connection.close()
        }
    }

    /// CVE-2023-44487.
    @Test func rapidReset() async throws {
        try await self.expectEnd(Self.enhanceYourCalm) { client in
            for _ in 0..<300 {
                let stream = try await client.request("GET", "\(HTTP2Tests.target)sse")
                try await client.reset(stream)
            }
        }
    }

    /// CVE-2024-27316.
    @Test func continuations() async throws {
        try await self.expectEnd(Self.enhanceYourCalm) { client in
            let block = try await client.block(client.head("GET", "/health"))
            try await client.send(1, stream: client.newStream(), block)
            for _ in 0..<100 { try await client.send(9, stream: 1, ByteBuffer(integer: UInt8(0x82))) }
        }
    }

    @Test func pings() async throws {
        try await self.expectEnd(Self.enhanceYourCalm) { client in
            for number in 0..<300 { try await client.send(6, ByteBuffer(integer: UInt64(number))) }
        }
    }

    @Test func settings() async throws {
        try await self.expectEnd(Self.enhanceYourCalm) { client in
            for _ in 0..<300 { try await client.send(4) }
        }
    }

    @Test func priorities() async throws {
        try await self.expectEnd(Self.enhanceYourCalm) { client in
            for number in 0..<300 as Range<UInt32> {
                try await client.send(2, stream: 2 * number + 1, ByteBuffer(repeating: 0, count: 5))
            }
        }
    }

    @Test func emptyData() async throws {
        try await self.expectEnd(Self.enhanceYourCalm) { client in
            let stream = try await client.request("POST", "/health", ends: false)
            for _ in 0..<10 { try await client.send(0, stream: stream) }
        }
    }

    @Test func malformedRequests() async throws {
        try await self.expectEnd(Self.enhanceYourCalm) { client in
            for _ in 0..<300 { _ = try await client.request("GET", "/health", [("connection", "close")]) }
        }
    }

    @Test func streams() async throws {
        try await self.expectEnd(Self.protocolError) { client in
            #expect(await client.settings[3] == 100)
            for _ in 0..<101 { _ = try await client.request("GET", "\(HTTP2Tests.target)sse") }
        }
    }

    @Test func aLargeHead() async throws {
        try await self.expectEnd(Self.protocolError) { client in
            #expect(await client.settings[6] == 16 << 10)
            var block = try await client.block(client.head("GET", "/health"))
            block.writeImmutableBuffer(
                try await client.block(HPACKHeaders([("x-filler", String(repeating: "x", count: 20_000))]))
            )
            let stream = await client.newStream()
            try await client.send(1, stream: stream, block.readSlice(length: 16 << 10) ?? ByteBuffer())
            try await client.send(9, flags: 4, stream: stream, block)
        }
    }

    /// A few bytes that stand for many.
    @Test func aHeadThatIsLargeOnceItIsUnpacked() async throws {
        try await self.expectEnd(Self.protocolError, 2, 9, Self.enhanceYourCalm) { client in
            let field = ("x-filler", String(repeating: "x", count: 3000))
            #expect(try await client.send("GET", "/health", [field]).status == "200")
            let block = try await client.block(client.head("GET", "/health", Array(repeating: field, count: 10)))
            #expect(block.readableBytes < 100)
            try await client.send(1, flags: 5, stream: client.newStream(), block)
        }
    }

    @Test func bytesThatAreNoFrames() async throws {
        try await self.expectEnd(Self.protocolError, 6, 2) { client in
            try await client.connection.write(String(repeating: "\u{ff}", count: 100))
        }
    }

    @Test func aMalformedRequestCostsItsStreamOnly() async throws {
        try await withHTTP2(isEncrypted: false) { port in
            let client = try await TestHTTP2.connect(to: port)
            let session = try await HTTP2Tests.joinStream(client)
            #expect(try await client.send("GET", "/health", [("connection", "close")]).reset == Self.protocolError)
            _ = try await client.send("POST", session.target, body: #"42["echo",1]"#)
            #expect(try await client.event(of: session.stream) == #"42["echo",1]"#)
            #expect(await client.farewells.isEmpty)
            await client.connection.close()
        }
    }

    @Test func aBodyThatIsTooLargeIsRefused() async throws {
        let io = SocketIOServer.testing { $0.maxPayload = 1000 }
        try await withHTTP2(io, isEncrypted: false) { port in
            let client = try await TestHTTP2.connect(to: port)
            let session = try await HTTP2Tests.joinStream(client)
            let body = String(repeating: "x", count: 10_000)
            #expect(try await client.send("POST", session.target, body: body).status == "413")
            _ = try await client.send("POST", session.target, body: #"42["echo",1]"#)
            #expect(try await client.event(of: session.stream) == #"42["echo",1]"#)
            await client.connection.close()
        }
    }
}
