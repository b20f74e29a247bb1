// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import NIOCore
import Testing
import WebSocketWire

#if Compression
/// What polling and the client's files cost on the network.
struct HTTPCompressionTests {
    /// The length of `42["block",1,"…"]` without the text.
    private static let frame = 16

    /// An answer whose body may be compressed.
    private struct Answer {
        let head: TestResponse
        let body: ByteBuffer

        /// The body as the client reads it, by its `Content-Encoding`.
        var text: String {
            get throws {
                guard let coding = self.head["content-encoding"] else { return String(buffer: self.body) }
                // RFC 1952, 2.3: ten bytes before the deflate data, eight after it; RFC 1950, 2.2: two and four.
                let (start, end) = coding == "gzip" ? (10, 8) : (2, 4)
                let data = Array(buffer: self.body).dropFirst(start).dropLast(end)
                let inflater = Inflater(parameters: .init(), role: .client, pool: DeflatePool())
                var text = ByteBuffer()
                try Array(data).withUnsafeBytes { try inflater.inflate($0, into: &text, limit: 1 << 24) }
                return String(buffer: text)
            }
        }
    }

    private func get(_ target: String, _ fields: [String], on connection: TestConnection) async throws -> Answer {
        try await connection.write(TestConnection.request("GET", target, fields: fields))
        let head = try await connection.responseHead()
        let length = head["content-length"].flatMap { Int($0) } ?? 0
        return Answer(head: head, body: try await connection.read("a body") { $0.readSlice(length: length) })
    }

    /// Asks a polling session for a block of this size, and polls for it.
    private func poll(
        size: Int,
        fields: [String],
        host: TestHost = .standalone,
        configure: (inout SocketIOConfiguration) -> Void = { _ in }
    ) async throws -> Answer {
        let (answers, answered) = AsyncStream.makeStream(of: Answer.self)
        try await withServer(host, .testing(configure: configure)) { port in
            let session = try await TestSession.joined(.polling, on: port)
            try await session.send(#"42["blocks",1,\#(size)]"#)
            let connection = try await TestConnection.connect(to: port)
            answered.yield(try await self.get(await session.target, fields, on: connection))
            await connection.close()
            await session.close()
        }
        return try #require(await answers.first { _ in true })
    }

    private static func block(_ size: Int) -> String {
        #"42["block",1,"\#(String(repeating: "x", count: size))"]"#
    }

    @Test(
        arguments: [("gzip, deflate, br", "gzip"), ("deflate", "deflate"), ("gzip;q=0, deflate", "deflate")],
        TestHost.allCases
    )
    func aLongAnswerIsCompressed(accepted: (String, coding: String), host: TestHost) async throws {
        let answer = try await self.poll(size: 5000, fields: ["Accept-Encoding: \(accepted.0)"], host: host)
        #expect(answer.head.status == 200)
        #expect(answer.head["content-type"] == "text/plain; charset=UTF-8")
        #expect(answer.head["content-encoding"] == accepted.coding)
        #expect(answer.body.readableBytes < 200)
        #expect(try answer.text == Self.block(5000))
    }

    @Test func theBytesAreCounted() async throws {
        let io = SocketIOServer.testing()
        let server = try ObservedServer(io)
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(.polling, on: port)
            try await session.send(#"42["blocks",1,5000]"#)
            let connection = try await TestConnection.connect(to: port)
            let answer = try await self.get(await session.target, ["Accept-Encoding: gzip"], on: connection)
            let values = try await server.values()
            let name = "martlet_compressed_answer_bytes_total"
            #expect(values[#"\#(name){form="plain"}"#] == Double(try answer.text.utf8.count))
            #expect(values[#"\#(name){form="compressed"}"#] == Double(answer.body.readableBytes))
            await connection.close()
            await session.close()
        }
    }

    @Test(arguments: [[], ["Accept-Encoding: br"], ["Accept-Encoding: gzip;q=0"], ["Accept-Encoding: identity"]])
    func aClientThatDoesNotAcceptItGetsTheAnswerAsItIs(fields: [String]) async throws {
        let answer = try await self.poll(size: 5000, fields: fields)
        #expect(answer.head["content-encoding"] == nil)
        #expect(try answer.text == Self.block(5000))
    }

    @Test(arguments: [(1023, false), (1024, true)])
    func theThresholdIsTheSizeOfTheBody(size: Int, isCompressed: Bool) async throws {
        let answer = try await self.poll(size: size - Self.frame, fields: ["Accept-Encoding: gzip"])
        #expect(try answer.text.utf8.count == size)
        #expect((answer.head["content-encoding"] == "gzip") == isCompressed)
    }

    @Test func compressionMayBeSetAndTurnedOff() async throws {
        let off = try await self.poll(size: 5000, fields: ["Accept-Encoding: gzip"]) { $0.httpCompression = nil }
        #expect(off.head["content-encoding"] == nil)
        let early = try await self.poll(size: 10, fields: ["Accept-Encoding: gzip"]) {
            $0.httpCompression?.threshold = 1
            $0.httpCompression?.level = 99
        }
        #expect(early.head["content-encoding"] == "gzip")
        #expect(try early.text == Self.block(10))
    }

    /// Also not the packets beside it: their length would tell of it.
    @Test func anEventThatMustNotBeCompressedIsNot() async throws {
        let io = SocketIOServer.testing()
        io.on("secret") { (socket: Socket, isAlone: Bool) in
            if !isAlone { socket.emit("block", String(repeating: "x", count: 5000)) }
            socket.compress(false).emit("block", String(repeating: "y", count: 5000))
        }
        try await withServer(.standalone, io) { port in
            let session = try await TestSession.joined(.polling, on: port)
            let connection = try await TestConnection.connect(to: port)
            for isAlone in [true, false] {
                try await session.send(#"42["secret",\#(isAlone)]"#)
                let answer = try await self.get(await session.target, ["Accept-Encoding: gzip"], on: connection)
                #expect(answer.head["content-encoding"] == nil)
            }
            try await session.send(#"42["blocks",1,5000]"#)
            let answer = try await self.get(await session.target, ["Accept-Encoding: gzip"], on: connection)
            #expect(answer.head["content-encoding"] == "gzip")
            await connection.close()
            await session.close()
        }
    }

    @Test func anEventStreamAndARefusalAreNotCompressed() async throws {
        let io = SocketIOServer.testing { $0.httpCompression?.threshold = 1 }
        try await withServer(.standalone, io) { port in
            let fields = ["Accept-Encoding: gzip"]
            for transport in [TransportName.sse, TransportName(rawValue: "none")] {
                let answer = try await TestConnection.handshake(transport, on: port, fields: fields)
                #expect(answer["content-encoding"] == nil)
            }
        }
    }

    #if EmbeddedClient
    @Test func theClientsFilesAreCompressedWithATagOfTheirOwn() async throws {
        try await withServer(.standalone, .testing()) { port in
            let connection = try await TestConnection.connect(to: port)
            let target = "/socket.io/martlet.js"
            let plain = try await self.get(target, [], on: connection)
            let gzip = try await self.get(target, ["Accept-Encoding: gzip"], on: connection)
            #expect(plain.head["vary"] == "Accept-Encoding" && gzip.head["vary"] == "Accept-Encoding")
            #expect(plain.head["content-encoding"] == nil && gzip.head["content-encoding"] == "gzip")
            #expect(gzip.body.readableBytes < plain.body.readableBytes / 2)
            #expect(try gzip.text == plain.text)
            let tag = try #require(gzip.head["etag"])
            #expect(try #require(plain.head["etag"]).dropLast() + "-gzip\"" == tag)
            let fields = ["If-None-Match: \(tag)"]
            let known = try await self.get(target, fields + ["Accept-Encoding: gzip"], on: connection)
            #expect(known.head.status == 304 && known.head["etag"] == tag)
            #expect(known.head["vary"] == "Accept-Encoding" && known.head["content-encoding"] == nil)
            // A cache that has the compressed file does not have the other.
            let other = try await self.get(target, fields, on: connection)
            #expect(other.head.status == 200)
            // Not by deflate, which some clients read wrongly.
            let deflate = try await self.get(target, ["Accept-Encoding: deflate"], on: connection)
            #expect(deflate.head["content-encoding"] == nil)
            try await connection.write(
                TestConnection.request("HEAD", target, fields: ["Accept-Encoding: gzip"])
            )
            let head = try await connection.response(to: "HEAD")
            #expect(head["content-length"] == "\(gzip.body.readableBytes)")
            await connection.close()
        }
    }

    @Test func withoutCompressionTheFilesHaveOneForm() async throws {
        try await withServer(.standalone, .testing { $0.httpCompression = nil }) { port in
            let connection = try await TestConnection.connect(to: port)
            let answer = try await self.get("/socket.io/martlet.js", ["Accept-Encoding: gzip"], on: connection)
            #expect(answer.head["content-encoding"] == nil && answer.head["vary"] == nil)
            await connection.close()
        }
    }
    #endif
}
#endif
