// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import FaultProxy

/// A connection between two channels in memory.
struct ProxyConnectionTests {
    private let client = EmbeddedChannel()
    private let backend: EmbeddedChannel
    private let connection: ProxyConnection

    init() throws {
        self.backend = EmbeddedChannel(loop: self.client.embeddedEventLoop)
        let address = try SocketAddress(ipAddress: "192.0.2.7", port: 1)
        self.client.connect(to: address, promise: nil)
        self.backend.connect(to: address, promise: nil)
        self.connection = ProxyConnection(client: self.client, backendAddress: address, visitors: Visitors())
        try self.connection.setUpClient()
        try self.connection.setUp(backend: self.backend)
        self.connection.backend = .open(self.backend)
    }

    private func sends(_ channel: EmbeddedChannel, _ text: String) throws {
        try channel.writeInbound(ByteBuffer(string: text))
    }

    private func receives(_ channel: EmbeddedChannel) throws -> String {
        var text = ""
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
        return text
    }

    @Test func theClientsAddressIsForwarded() throws {
        try self.sends(self.client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try self.receives(self.backend) == "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n")
    }

    @Test func theAddressComesAfterThoseOfOtherProxies() throws {
        try self.sends(self.client, "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.1\r\n\r\n")
        #expect(try self.receives(self.backend).contains("X-Forwarded-For: 198.51.100.1, 192.0.2.7\r\n"))
    }

    @Test func aRequestWaitsForTheAnswerToTheOneBefore() throws {
        try self.sends(self.client, "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n")
        #expect(try self.receives(self.backend).hasPrefix("GET /1 "))
        try self.sends(self.backend, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
        #expect(try self.receives(self.backend) == "")
        try self.sends(self.backend, "llo")
        #expect(try self.receives(self.backend).hasPrefix("GET /2 "))
        #expect(try self.receives(self.client) == "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    }

    @Test func bodiesKeepTheirFraming() throws {
        let request = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n"
        try self.sends(self.client, "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")
        #expect(try self.receives(self.backend) == request + "2\r\nhi\r\n0\r\n\r\n")
        let answer = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nyes\r\n0\r\n\r\n"
        try self.sends(self.backend, answer)
        #expect(try self.receives(self.client) == answer)
    }

    @Test func aNoteBeforeTheAnswerPasses() throws {
        try self.sends(self.client, "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        try self.sends(self.backend, "HTTP/1.1 100 Continue\r\n\r\n")
        #expect(try self.receives(self.client) == "HTTP/1.1 100 Continue\r\n\r\n")
        try self.sends(self.client, "hi")
        #expect(try self.receives(self.backend).hasSuffix("\r\n\r\nhi"))
        try self.sends(self.backend, "HTTP/1.1 204 No Content\r\n\r\n")
        #expect(try self.receives(self.client) == "HTTP/1.1 204 No Content\r\n\r\n")
    }

    @Test func afterA101BytesPassAsTheyAre() throws {
        try self.sends(self.client, "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        // The first bytes of the tunnel come together with the head.
        let head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        try self.sends(self.backend, head + "down 1,")
        self.client.embeddedEventLoop.run()
        try self.sends(self.backend, "down 2")
        #expect(try self.receives(self.client) == head + "down 1,down 2")
        _ = try self.receives(self.backend)
        try self.sends(self.client, "GET / HTTP/1.1\r\n\r\n")
        #expect(try self.receives(self.backend) == "GET / HTTP/1.1\r\n\r\n")
    }

    @Test func a101MayComeBeforeTheEndOfTheRequestHasPassed() throws {
        var request = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
        request.headers = ["Connection": "Upgrade", "Upgrade": "websocket"]
        self.connection.received(HTTPServerRequestPart.head(request))
        self.connection.pump()
        #expect(try self.receives(self.backend).hasPrefix("GET / HTTP/1.1\r\n"))
        var faults = Faults()
        faults.stall = true
        self.connection.apply(.init(faults: faults))
        self.connection.received(HTTPServerRequestPart.end(nil))
        let head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        try self.sends(self.backend, head)
        self.connection.apply(.init())
        self.client.embeddedEventLoop.run()
        #expect(try self.receives(self.client) == head)
        #expect(try self.receives(self.backend) == "")
        try self.sends(self.client, "up")
        #expect(try self.receives(self.backend) == "up")
    }

    @Test func aClientThatGoesTakesTheBackendAlong() throws {
        try self.sends(self.client, "GET / HTTP/1.1\r\n\r\n")
        self.client.close(promise: nil)
        self.client.embeddedEventLoop.run()
        #expect(!self.backend.isActive)
    }

    @Test func aBackendThatGoesTakesTheClientAlong() throws {
        try self.sends(self.client, "GET / HTTP/1.1\r\n\r\n")
        try self.sends(self.backend, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
        self.backend.close(promise: nil)
        self.client.embeddedEventLoop.advanceTime(by: .seconds(3))
        #expect(try self.receives(self.client).hasSuffix("\r\n\r\nhe"))
        #expect(!self.client.isActive)
    }

    @Test func nothingIsReadThatCannotBePassedOn() throws {
        var faults = Faults()
        faults.stall = true
        self.connection.apply(.init(faults: faults))
        try self.sends(self.client, "POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n")
        #expect(self.connection.hasRoom(from: .client))
        try self.sends(self.client, String(repeating: "x", count: 70_000))
        #expect(!self.connection.hasRoom(from: .client))
        self.connection.apply(.init())
        #expect(self.connection.hasRoom(from: .client))
    }
}
