// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOHTTP1
import Testing

@testable import Martlet

struct RequestHeadTests {
    private func head(
        _ method: HTTPMethod = .GET,
        _ uri: String = "/a/?b=c",
        version: HTTPVersion = .http1_1,
        fields: [(String, String)] = []
    ) throws -> RequestHead {
        let head = HTTPRequestHead(version: version, method: method, uri: uri, headers: HTTPHeaders(fields))
        return try #require(RequestHead(head))
    }

    /// Both forms of one request, to be read alike.
    private func both(_ fields: [(String, String)]) throws -> [RequestHead] {
        var head = HTTPRequest(method: .post, scheme: "http", authority: "h", path: "/a/?b=c")
        for (name, value) in fields {
            head.headerFields.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value))
        }
        return [RequestHead(head), try self.head(.POST, fields: [("Host", "h")] + fields)]
    }

    @Test func whatEveryRequestIsAskedForIsRead() throws {
        let fields = [
            ("ORIGIN", "http://h"), ("content-type", "text/plain"), ("Content-LENGTH", "12"), ("x-Other", "1"),
            ("Expect", "100-Continue"),
        ]
        for head in try self.both(fields) {
            #expect(head.method == .post)
            #expect(head.target == "/a/?b=c")
            #expect(head.host == "h")
            #expect(head.origin == "http://h")
            #expect(head.contentType == "text/plain")
            #expect(head.contentLength == 12)
            #expect(head.expectsContinue)
            #expect(head.keepsAlive)
            #expect(!head.asksForUpgrade && !head.asksForWebSocket && !head.isSecure)
            #expect(head[values: "X-OTHER"] == ["1"])
            #expect(head[values: "X-None"].isEmpty)
        }
    }

    @Test func theLinesOfAFieldAreOneList() throws {
        for head in try self.both([("Origin", "a"), ("origin", "b"), ("X-List", "1"), ("x-list", "2")]) {
            #expect(head.origin == "a, b")
            #expect(head[values: "x-list"] == ["1", "2"])
            #expect(head.joined("X-List") == "1, 2")
            #expect(head.joined("X-None") == nil)
        }
    }

    @Test func whatIsAskedOfTheConnectionIsFoundInLists() throws {
        for head in try self.both([("Connection", "keep-alive, Upgrade"), ("Upgrade", "h2c, WebSocket")]) {
            #expect(head.asksForUpgrade && head.asksForWebSocket && head.keepsAlive)
        }
        for head in try self.both([("Connection", "close"), ("Upgrade", "websocket")]) {
            #expect(!head.asksForUpgrade && !head.asksForWebSocket && !head.keepsAlive)
        }
    }

    @Test func anOldClientClosesAndIsNotUpgraded() throws {
        let fields = [("Connection", "Upgrade"), ("Upgrade", "websocket")]
        let old = try self.head(version: .http1_0, fields: fields)
        #expect(!old.keepsAlive && !old.asksForWebSocket && old.mayLackHost)
        let new = try self.head(fields: fields)
        #expect(new.keepsAlive && new.asksForWebSocket && !new.mayLackHost)
        // Nothing in an answer would tell it that it may.
        #expect(try !self.head(version: .http1_0, fields: [("Connection", "keep-alive")]).keepsAlive)
        let expecting = [("Expect", "100-continue")]
        #expect(try !self.head(version: .http1_0, fields: expecting).expectsContinue)
        #expect(try self.head(fields: expecting).expectsContinue)
    }

    @Test func theAbsoluteFormIsUnderstood() throws {
        #expect(try self.head(.GET, "http://example.com/a?b").target == "/a?b")
        #expect(try self.head(.OPTIONS, "*").target == "*")
        #expect(try self.head(.GET, "//a/b").target == "//a/b")
    }

    @Test func theSizeIsThatOfTheBytes() throws {
        let head = try self.head(.GET, "/a", fields: [("Host", "h"), ("host", "i"), ("A", "bc")])
        #expect(head.size == "GET /a HTTP/1.1\r\nHost: h\r\nhost: i\r\nA: bc\r\n".utf8.count)
        #expect(head.hostCount == 2)
        #expect(head.host == "h")
    }

    @Test func itIsShownAsARequest() throws {
        let fields = [("X-A", "1"), ("x-b", "2")]
        for head in try self.both(fields) {
            let request = head.request
            #expect(request.method == .post && request.scheme == "http")
            #expect(request.authority == "h" && request.path == "/a/?b=c")
            #expect(request.headerFields.map(\.name.rawName) == ["X-A", "x-b"])
            let handshake = head.handshake(remoteAddress: nil, trusting: .none)
            #expect(handshake.head == request)
            #expect(handshake.query == ["b": "c"])
        }
    }
}
