// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOCore
import Testing

@testable import MartletAdmin

/// What admins have the server do.
struct AdminOrderTests {
    @Test func aSocketIsDisconnected() async throws {
        let fixture = try AdminFixture()
        let admin = try await fixture.adminClient()
        let (first, id) = try await fixture.client()
        let (second, other) = try await fixture.client()
        _ = try await second.join("/news")
        _ = try await admin.ask("disconnect-socket", AdminRequest(namespace: "/", id: id), as: [String: Int].self)
        _ = try await first.next { $0.kind == .disconnected && $0.namespace == "/" }
        #expect(try await !first.isClosed())
        let request = AdminRequest(namespace: "/", id: other, closeConnection: true)
        _ = try await admin.ask("disconnect-socket", request, as: [String: Int].self)
        _ = try await second.next { $0.kind == .disconnected && $0.namespace == "/news" }
        #expect(try await second.isClosed())
        #expect(try await admin.refusal("disconnect-socket", request) == "There is no such socket on this server")
    }

    @Test func anEventIsSentToARoomOrToEverybody() async throws {
        struct Answer: Decodable { let sockets: Int }
        let fixture = try AdminFixture()
        let admin = try await fixture.adminClient()
        let (inside, _) = try await fixture.client(rooms: ["a"])
        let (outside, _) = try await fixture.client()
        let arguments = try SocketArgument(encoding: [1, 2])
        var request = AdminRequest(namespace: "/", room: "a", event: "told", arguments: arguments)
        #expect(try await admin.ask("broadcast", request, as: Answer.self).sockets == 1)
        #expect("\(try await inside.next("told").arguments)" == "1,2")
        request.room = nil
        request.arguments = nil
        #expect(try await admin.ask("broadcast", request, as: Answer.self).sockets == 2)
        #expect(try await inside.next("told").arguments.isEmpty)
        // It did not hear of the first.
        #expect(try await outside.next("told").arguments.isEmpty)
    }

    @Test func whatIsNoEventIsNotSent() async throws {
        let fixture = try AdminFixture()
        let admin = try await fixture.adminClient()
        for name in ["", "disconnect", "connect_error"] {
            let request = AdminRequest(namespace: "/", event: name)
            #expect(try await admin.refusal("broadcast", request) == "This name is not one of an event", "\(name)")
        }
        var request = AdminRequest(namespace: "/", event: "a", arguments: try SocketArgument(encoding: ["b": 1]))
        #expect(try await admin.refusal("broadcast", request) == "The arguments are not an array")
        request.namespace = "/admin"
        #expect(try await admin.refusal("broadcast", request) == "Admins get no events of this kind")
    }

    @Test(
        arguments: [
            ("[]", ""), ("[ ]", ""), (#"[1,"a]",[2]]"#, #"1,"a]",[2]"#), ("{}", nil), ("1", nil), ("\"[]\"", nil),
        ] as [(String, String?)]
    )
    func theElementsOfAnArrayAreArguments(json: String, arguments: String?) async throws {
        let fixture = try AdminFixture()
        let notes = Notes()
        fixture.io.on("try") { (_: Socket, argument: SocketArgument) in
            notes.add(SocketArguments(elementsOf: argument)?.description ?? "none")
        }
        let (client, _) = try await fixture.client()
        try await client.send(text: "2[\"try\", \(json) ]")
        #expect(notes.all == [arguments ?? "none"])
    }
}
