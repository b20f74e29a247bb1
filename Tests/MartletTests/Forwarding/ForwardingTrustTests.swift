// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Martlet
import MartletForwarding
import MartletTestSupport
import MartletTesting
import NIOCore
import Testing

/// What servers believe each other.
struct ForwardingTrustTests {
    @Test func aForgedFieldIsRefused() async throws {
        try await withForwarding(2) { nodes in
            let client = try await LosslessClient(on: nodes[0].port)
            let id = nodes[1].forwarder.directory.nodeID
            for field in ["", "1", "1;\(id);1.2.3.4;1;1;1800000000;1;\(String(repeating: "0", count: 64))"] {
                let fields = ["Martlet-Forwarded: \(field)"]
                let answer = try await client.get("&ack=0", on: nodes[0].port, fields: fields)
                #expect(answer.status == 403)
                #expect(answer.body == #"{"code":4,"message":"Forbidden"}"#)
                #expect(try await client.post("40", "&seq=1", on: nodes[1].port, fields: fields).status == 403)
                let handshake = try await TestConnection.handshake(.websocket, on: nodes[1].port, fields: fields)
                #expect(handshake.status == 403)
            }
            #expect(nodes[0].forwarder.refusalCount == 3)
            #expect(nodes[1].forwarder.refusalCount == 6)
            #expect(try await client.post("40", "&seq=1", on: nodes[0].port).body == "ok")
        }
    }

    @Test func whereNothingIsForwardedTheFieldMeansNothing() async throws {
        let io = SocketIOServer.testing()
        try await withServer(.standalone, io) { port in
            let answer = try await TestConnection.handshake(.polling, on: port, fields: ["Martlet-Forwarded: 1"])
            #expect(answer.status == 200)
        }
    }

    @Test func aReplayedRequestIsRefused() async throws {
        let bus = InProcessBus()
        let first = try await ForwardingNode(.standalone, bus, .testing())
        // Requests for sessions of this server come to the test.
        let listener = try await TCPListener()
        let second = try await ForwardingNode(.standalone, bus, .testing(), address: "127.0.0.1:\(listener.port)")
        let client = try await LosslessClient(on: second.port)
        let asking = Task {
            try await client.post("40", "&seq=1", on: first.port, fields: ["X-Own: kept", "TE: gzip"])
        }
        let request = try await listener.request()
        #expect(request.contains("X-Own: kept\r\n"))
        #expect(!request.contains("TE:"))
        #expect(request.hasSuffix("\r\n\r\n40"))

        let connection = try await TestConnection.connect(to: second.port)
        try await connection.write(request)
        #expect(try await connection.response().body == "ok")
        try await connection.write(request)
        #expect(try await connection.response().status == 403)
        // It is good for one server, one method, and one target.
        let third = try await ForwardingNode(.standalone, bus, .testing())
        let other = try await TestConnection.connect(to: third.port)
        try await other.write(request)
        #expect(try await other.response().status == 403)
        for (part, forged) in [("POST", "PUT"), ("&seq=1", "&seq=2")] {
            try await other.write(request.replacing(part, with: forged))
            #expect(try await other.response().status == 403)
        }
        #expect(second.forwarder.refusalCount == 1)
        #expect(third.forwarder.refusalCount == 3)

        try await listener.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Theirs: kept\r\n\r\nok")
        let answer = try await asking.value
        #expect(answer.body == "ok")
        #expect(answer["x-theirs"] == "kept")
        await listener.close()
        for node in [first, second, third] { try await node.end() }
    }

    @Test func anotherSecretIsNotBelieved() async throws {
        let bus = InProcessBus()
        let first = try await ForwardingNode(.standalone, bus, .testing())
        let second = try await ForwardingNode(.standalone, bus, .testing(), secret: "another secret, not known")
        let client = try await LosslessClient(on: first.port)
        #expect(try await client.post("40", "&seq=1", on: second.port).status == 403)
        #expect(first.forwarder.refusalCount == 1)
        for node in [first, second] { try await node.end() }
    }

    @Test(arguments: TestHost.allCases)
    func theClientsAddressTravels(host: TestHost) async throws {
        let notes = Notes()
        try await withForwarding(2, host) {
            SocketIOServer.testing {
                $0.onConnectionError = { failure in
                    let request = failure.request
                    notes.add("\(request.remoteAddress.map { "\($0.ipAddress ?? ""):\($0.port ?? 0)" } ?? "")")
                }
            }
        } _: { nodes in
            let client = try await LosslessClient(on: nodes[0].port)
            let connection = try await TestConnection.connect(to: nodes[1].port)
            let port = connection.channel.localAddress?.port ?? 0
            // The session is on polling.
            #expect(try await connection.send("GET", client.target(.sse, "&ack=0")).status == 400)
            #expect(notes.all == ["127.0.0.1:\(port)"])
        }
    }

    @Test func theFirstServerAsksTheMiddlewareAndAddsTheFields() async throws {
        let notes = Notes()
        try await withForwarding(2) {
            SocketIOServer.testing {
                $0.cors = CORSConfiguration(allowedOrigins: .only(["https://page.example"]))
                $0.httpMiddleware = [
                    { request, fields in
                        notes.add(request.target)
                        fields[.server] = "tested"
                        return nil
                    }
                ]
            }
        } _: { nodes in
            let client = try await LosslessClient(on: nodes[0].port)
            let count = notes.all.count
            let fields = ["Origin: https://page.example"]
            let answer = try await client.post("40", "&seq=1", on: nodes[1].port, fields: fields)
            #expect(answer.body == "ok")
            #expect(answer["server"] == "tested")
            #expect(answer["access-control-allow-origin"] == "https://page.example")
            #expect(notes.all.count == count + 1)
            let foreign = ["Origin: https://foreign.example"]
            #expect(try await client.post("40", "&seq=1", on: nodes[1].port, fields: foreign).status == 403)
            #expect(nodes[1].forwarder.connectionCount == 1)

            let socket = TestWebSocket.handshake(client.target(.websocket, "&attach=1&ack=0"), fields: fields)
            let connection = try await TestConnection.connect(to: nodes[1].port)
            try await connection.write(socket)
            let head = try await connection.responseHead()
            #expect(head.status == 101)
            #expect(head["server"] == "tested")
            #expect(head["access-control-allow-origin"] == "https://page.example")
            await connection.close()
        }
    }

    @Test func mistakesAreErrors() throws {
        let io = SocketIOServer()
        #expect(throws: ForwardingError.notInCluster) {
            try io.forwardRequests(address: "127.0.0.1:3000", secret: ForwardingNode.secret)
        }
        io.cluster(InProcessBus())
        for address in ["", "host", "host:", ":3000", "host:0", "host:65536", "host:+1", "::1:3000", "a b:1", "[::1]"] {
            #expect(throws: ForwardingError.invalidAddress(address)) {
                try io.forwardRequests(address: address, secret: ForwardingNode.secret)
            }
        }
        #expect(throws: ForwardingError.secretTooShort) {
            try io.forwardRequests(address: "127.0.0.1:3000", secret: "fifteen bytes !")
        }
        try io.forwardRequests(address: "[::1]:3000", secret: ForwardingNode.secret)
        #expect(throws: ForwardingError.alreadyForwarding) {
            try io.forwardRequests(address: "127.0.0.1:3000", secret: ForwardingNode.secret)
        }
    }
}
