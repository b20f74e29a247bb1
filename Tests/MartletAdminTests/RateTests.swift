// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEngine
import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOCore
import Testing

@testable import MartletAdmin

struct RateTests {
    private struct Answer: Decodable {
        let at: Int
        let sessions: Int
        let sockets: Int
        let sessionsByTransport: [String: Int]
        let socketsByNamespace: [String: Int]
        let messagesIn: Int
        let messagesOut: Int
        let unsentBytes: Int
        let slowReceivers: Int
        let disconnects: [String: Int]
        let residentMemory: Int?
        let cpuTime: Double
        let otherServers: Int?
    }

    @Test func allAdminsAreToldTheNumbersOnceASecond() async throws {
        let fixture = try AdminFixture()
        let (client, _) = try await fixture.client()
        let admin = try await fixture.adminClient()
        let first: Answer = try await admin.next("rates").decode()
        #expect(first.sessions == 2 && first.sockets == 2)
        #expect(first.sessionsByTransport == ["websocket": 2])
        #expect(first.socketsByNamespace == ["/": 1, "/admin": 1])
        #expect(first.disconnects == [:] && first.unsentBytes == 0 && first.slowReceivers == 0)
        #expect(first.cpuTime > 0 && first.otherServers == nil)
        #if os(Linux)
        #expect(try #require(first.residentMemory) > 1 << 20)
        #endif
        let second = try await fixture.adminClient()
        try await client.leave()
        try await fixture.clock.advance(by: .seconds(1), waiting: 1)
        for each in [admin, second] {
            let next: Answer = try await each.next("rates").decode()
            #expect(next.messagesIn > first.messagesIn && next.messagesOut > first.messagesOut)
            #expect(next.at >= first.at)
            #expect(next.socketsByNamespace == ["/admin": 2])
            #expect(next.disconnects == ["client namespace disconnect": 1])
        }
        try await fixture.clock.advance(by: .milliseconds(999), waiting: 1)
        #expect(admin.received.filter { $0.isEvent("rates") }.count == 2)
    }

    @Test func thereIsNoTimerWithoutAdmins() async throws {
        let fixture = try AdminFixture()
        let admins = [try await fixture.adminClient(), try await fixture.adminClient()]
        #expect(fixture.admin.ticker.isRunning)
        try await admins[0].leave("/admin")
        #expect(fixture.admin.ticker.isRunning)
        try await admins[1].drop()
        #expect(!fixture.admin.ticker.isRunning)
        let third = try await fixture.adminClient()
        #expect(fixture.admin.ticker.isRunning)
        _ = try await third.next("rates")
    }

    @Test func aServerOfAClusterSaysSo() async throws {
        struct Server: Decodable { let node: String? }
        let fixture = try AdminFixture()
        let bus = InProcessBus()
        fixture.io.cluster(bus)
        let other = SocketIOServer()
        other.cluster(bus)
        let admin = try await fixture.adminClient()
        #expect(try await admin.next("server").decode(as: Server.self).node?.isEmpty == false)
        #expect(try await admin.next("rates").decode(as: Answer.self).otherServers != nil)
    }
}
