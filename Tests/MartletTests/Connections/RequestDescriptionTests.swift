// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Martlet
import MartletTestSupport
import NIOCore
import Testing

/// What is printed of requests, in the logs of applications.
struct RequestDescriptionTests {
    @Test func theSecretsOfARequestAreNotPrinted() async throws {
        let notes = Notes()
        let io = SocketIOServer.testing {
            $0.sessionIdentity = { _ in "s3cret" }
            $0.allowRequest = { request in
                notes.add("\(request) \(String(reflecting: request))")
                if request.query["x"] == "refused" { throw RequestRefused(message: "no") }
            }
            $0.onConnectionError = { notes.add("\($0)") }
        }
        io.onConnection { socket in notes.add("\(socket.handshake) \(String(reflecting: socket.handshake))") }
        try await withServer(.standalone, io) { port in
            let fields = ["Cookie: id=s3cret", "Authorization: Bearer s3cret"]
            let target = "/socket.io/?EIO=4&transport=websocket&token=s3cret"
            let refusal = try await TestConnection.handshake(
                .websocket, on: port, query: "&token=s3cret&x=refused", fields: fields)
            #expect(refusal.status == 403)
            let socket = try await TestWebSocket.connect(to: port, target, fields: fields)
            try await socket.send(#"40{"token":"s3cret"}"#)
            try await eventually("the connection") { notes.all.count == 4 }
            for note in notes.all {
                #expect(note.contains("GET /socket.io/ from [IPv4]127.0.0.1"))
                #expect(!note.contains("s3cret"))
            }
            await socket.connection.close()
        }
    }
}
