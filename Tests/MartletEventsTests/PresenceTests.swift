// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletTestSupport
import MartletTesting
import NIOCore
import NIOEmbedded
import Testing

struct PresenceTests {
    private struct Fixture {
        let io = SocketIOServer()
        let notes = Notes()
        let presence: Presence<String>
        let eventLoop = NIOAsyncTestingEventLoop()

        init(leaveDelay: Duration = .seconds(5)) {
            self.presence = Presence(in: self.io, leaveDelay: leaveDelay)
            let (notes, presence) = (self.notes, self.presence)
            presence.onChange { notes.add("\($0.kind) \($0.room) \($0.member.user) \($0.member.info)") }
            self.io.on("enter") { (socket: Socket, user: String, info: String) in
                presence.enter("lobby", as: user, info, with: socket)
            }
            self.io.on("leave") { (socket: Socket, user: String) in presence.leave("lobby", as: user, with: socket) }
        }

        func client() async throws -> TestClient { try await self.io.testClient(on: self.eventLoop) }

        var members: [String] { self.presence.members(of: "lobby").map { "\($0.user) \($0.info)" } }
    }

    @Test func threeTabsAreOneMember() async throws {
        let fixture = Fixture()
        let tabs = [try await fixture.client(), try await fixture.client(), try await fixture.client()]
        for tab in tabs { try await tab.emit("enter", "ada", "Ada") }
        #expect(fixture.members == ["ada Ada"])
        try await tabs[0].drop()
        try await tabs[1].emit("leave", "ada")
        await tabs[2].advanceTime(by: .seconds(6))
        #expect(fixture.members == ["ada Ada"])
        try await tabs[2].drop()
        #expect(fixture.members == ["ada Ada"])
        await fixture.eventLoop.advanceTime(by: .seconds(6))
        #expect(fixture.members == [])
        #expect(fixture.notes.all == ["entered lobby ada Ada", "left lobby ada Ada"])
    }

    @Test func whoComesBackInTimeHasNotLeft() async throws {
        let fixture = Fixture()
        let first = try await fixture.client()
        try await first.emit("enter", "ada", "Ada")
        try await first.drop()
        await first.advanceTime(by: .seconds(4))
        let second = try await fixture.client()
        try await second.emit("enter", "ada", "Ada")
        await second.advanceTime(by: .seconds(10))
        #expect(fixture.members == ["ada Ada"])
        try await second.drop()
        await second.advanceTime(by: .seconds(4))
        #expect(fixture.notes.all == ["entered lobby ada Ada"])
        await second.advanceTime(by: .seconds(2))
        #expect(fixture.notes.all == ["entered lobby ada Ada", "left lobby ada Ada"])
    }

    @Test func membersAreOrderedAndTheLastInfoCounts() async throws {
        let fixture = Fixture(leaveDelay: .zero)
        let client = try await fixture.client()
        try await client.emit("enter", "grace", "Grace")
        let other = try await fixture.client()
        try await other.emit("enter", "ada", "Ada")
        try await other.emit("enter", "ada", "Countess")
        try await other.emit("enter", "ada", "Countess")
        #expect(fixture.members == ["ada Countess", "grace Grace"])
        #expect(await fixture.io.socketCount(in: "lobby") == 2)
        try await client.drop()
        #expect(
            fixture.notes.all == [
                "entered lobby grace Grace", "entered lobby ada Ada", "updated lobby ada Countess",
                "left lobby grace Grace",
            ]
        )
    }

    @Test func aHandlerMayAskAndChange() async throws {
        let fixture = Fixture(leaveDelay: .zero)
        let presence = fixture.presence
        let notes = fixture.notes
        presence.onChange { change in
            notes.add("now \(presence.members(of: change.room).count)")
        }
        let client = try await fixture.client()
        try await client.emit("enter", "ada", "Ada")
        try await client.emit("leave", "ada")
        #expect(fixture.notes.all == ["entered lobby ada Ada", "now 1", "left lobby ada Ada", "now 0"])
        #expect(await fixture.io.socketCount(in: "lobby") == 0)
    }
}
