// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletTestSupport
import MartletTesting
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import MartletEvents

/// Who is present on all servers of a cluster.
struct PresenceClusterTests {
    /// A quarter of the time after which a silent server counts as dead.
    private static let interval = ClusterConfiguration().nodeTimeout / 4

    private final class People: Sendable {
        let presence: Presence<String>
        let notes = Notes()

        init(in io: SocketIOServer) {
            let presence = Presence<String>(in: io, leaveDelay: .zero)
            let notes = self.notes
            self.presence = presence
            presence.onChange { notes.add("\($0.kind) \($0.room) \($0.member.user) \($0.member.info)") }
            io.on("enter") { (socket: Socket, user: String, info: String) in
                presence.enter("lobby", as: user, info, with: socket)
            }
            io.on("leave") { (socket: Socket, user: String) in presence.leave("lobby", as: user, with: socket) }
        }

        var members: [String] { self.presence.members(of: "lobby").map { "\($0.user) \($0.info)" } }
    }

    /// Before the cluster or after it, in the order in which an application may say it.
    private func cluster() async throws -> (Fixture, [People]) {
        let people = NIOLockedValueBox<[People]>([])
        let fixture = try await Fixture(rooms: [[], [], []]) { io, _ in
            people.withLockedValue { $0.append(People(in: io)) }
        }
        return (fixture, people.withLockedValue { $0 })
    }

    @Test func aUserOnTwoServersIsOneMember() async throws {
        let (fixture, people) = try await self.cluster()
        try await fixture.clients[0].emit("enter", "ada", "Ada")
        try await fixture.clients[1].emit("enter", "bob", "Bob")
        try await fixture.clients[2].emit("enter", "ada", "Countess")
        for one in people { try await eventually { one.members == ["ada Countess", "bob Bob"] } }
        try await fixture.clients[2].emit("leave", "ada")
        for one in people { try await eventually { one.members == ["ada Ada", "bob Bob"] } }
        try await fixture.clients[0].drop()
        for one in people { try await eventually { one.members == ["bob Bob"] } }
        for one in people {
            #expect(
                one.notes.all == [
                    "entered lobby ada Ada", "entered lobby bob Bob", "updated lobby ada Countess",
                    "updated lobby ada Ada", "left lobby ada Ada",
                ])
        }
    }

    @Test func aServerThatComesLaterLearnsWhoIsThere() async throws {
        let (fixture, people) = try await self.cluster()
        try await fixture.clients[0].emit("enter", "ada", "Ada")
        try await fixture.clients[1].emit("enter", "bob", "Bob")
        let late = SocketIOServer()
        late.cluster(fixture.bus, clock: fixture.clock)
        let latePeople = People(in: late)
        try await eventually { latePeople.members == ["ada Ada", "bob Bob"] }
        let client = try await late.testClient()
        try await client.emit("enter", "cyd", "Cyd")
        for one in people { try await eventually { one.members == ["ada Ada", "bob Bob", "cyd Cyd"] } }
        await late.shutDown()
        try await fixture.clock.advance(by: .zero, waiting: 3)
        for one in people { try await eventually { one.members == ["ada Ada", "bob Bob"] } }
    }

    @Test func theMembersOfAServerThatDiedLeave() async throws {
        let (fixture, people) = try await self.cluster()
        try await fixture.clients[0].emit("enter", "ada", "Ada")
        try await fixture.clients[2].emit("enter", "bob", "Bob")
        for one in people { try await eventually { one.members == ["ada Ada", "bob Bob"] } }
        fixture.links[2].isCut = true
        for _ in 0..<4 { try await fixture.clock.advance(by: Self.interval, waiting: 3) }
        for one in people.prefix(2) { try await eventually { one.members == ["ada Ada"] } }
        try await eventually { people[2].members == ["bob Bob"] }
        // It was only cut off.
        fixture.links[2].isCut = false
        // The servers get to know each other again, then they hear who is there.
        for _ in 0..<2 { try await fixture.clock.advance(by: Self.interval, waiting: 3) }
        for one in people { try await eventually { one.members == ["ada Ada", "bob Bob"] } }
    }

    @Test func whatTheBusHasLostIsRepaired() async throws {
        let (fixture, people) = try await self.cluster()
        try await fixture.clients[0].emit("enter", "ada", "Ada")
        try await eventually { people[1].members == ["ada Ada"] }
        fixture.links[1].isCut = true
        try await fixture.clients[0].emit("leave", "ada")
        try await fixture.clients[0].emit("enter", "bob", "Bob")
        #expect(people[1].members == ["ada Ada"])
        fixture.links[1].isCut = false
        try await fixture.clients[0].emit("enter", "cyd", "Cyd")
        #expect(people[1].members == ["ada Ada"], "a statement after one that was missed is not made use of")
        try await fixture.clock.advance(by: Self.interval, waiting: 3)
        try await eventually { people[1].members == ["bob Bob", "cyd Cyd"] }
        #expect(people[1].notes.all.first == "entered lobby ada Ada")
        try await eventually { people[1].notes.all.contains("left lobby ada Ada") }
    }

    @Test func namespacesAndNamesAreApart() async throws {
        let bus = InProcessBus()
        let (one, other) = (SocketIOServer(), SocketIOServer())
        one.cluster(bus)
        other.cluster(bus)
        let here = Presence<String>(in: one)
        let elsewhere = [
            Presence<String>(in: other.of("/chat")), Presence<String>(in: other, name: "typing"),
        ]
        let there = Presence<String>(in: other)
        one.on("enter") { (socket: Socket) in here.enter("lobby", as: "ada", "Ada", with: socket) }
        try await one.testClient().emit("enter")
        try await eventually { there.members(of: "lobby").count == 1 }
        for presence in elsewhere { #expect(presence.members(of: "lobby").isEmpty) }
    }

    @Test func nothingIsLeftOfAPresenceThatIsGone() async throws {
        let bus = InProcessBus()
        let io = SocketIOServer()
        io.cluster(bus)
        let before = bus.subscriptionCount
        do {
            let presence = Presence<String>(in: io)
            #expect(bus.subscriptionCount == before + 1)
            withExtendedLifetime(presence) {}
        }
        #expect(bus.subscriptionCount == before)
    }
}
