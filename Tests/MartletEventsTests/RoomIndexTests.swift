// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MartletEvents

struct RoomIndexTests {
    private final class Member: RoomMember {
        let number: Int
        var seats: [String: RoomSeat<Member>] = [:]
        init(_ number: Int) { self.number = number }
    }

    /// SplitMix64, so that a failure can be repeated.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            self.state &+= 0x9e37_79b9_7f4a_7c15
            var z = self.state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func itAgreesWithANaiveModel(seed: UInt64) {
        var generator = Generator(state: seed)
        let members = (0..<20).map(Member.init)
        let rooms = (0..<6).map { "room \($0)" }
        var index = RoomIndex<Member>()
        var model: [String: Set<Int>] = [:]
        for step in 0..<5_000 {
            let member = members[Int.random(in: 0..<members.count, using: &generator)]
            let room = rooms[Int.random(in: 0..<rooms.count, using: &generator)]
            switch Int.random(in: 0..<20, using: &generator) {
            case 0..<10:
                let isNew = model[room, default: []].insert(member.number).inserted
                #expect(index.join(room, member) == isNew, "seed \(seed), step \(step)")
            case 10..<19:
                let wasThere = model[room]?.remove(member.number) != nil
                if model[room]?.isEmpty == true { model[room] = nil }
                #expect(index.leave(room, member) == wasThere, "seed \(seed), step \(step)")
            default:
                index.leaveAll(member)
                for room in rooms {
                    model[room]?.remove(member.number)
                    if model[room]?.isEmpty == true { model[room] = nil }
                }
                #expect(member.seats.isEmpty)
            }
            #expect(index.count(of: room) == model[room]?.count ?? 0, "seed \(seed), step \(step)")
            #expect(index.count == model.count, "seed \(seed), step \(step)")
            if step % 50 == 0 {
                for room in rooms {
                    let found = index.members(of: room).map(\.number)
                    #expect(Set(found) == model[room] ?? [], "seed \(seed), step \(step)")
                    #expect(Set(found).count == found.count, "seed \(seed), step \(step)")
                }
            }
        }
    }

    @Test func aRoomEndsWithItsLastMember() {
        var index = RoomIndex<Member>()
        let member = Member(1)
        index.join("a", member)
        #expect(Array(index.names) == ["a"])
        index.leave("a", member)
        #expect(index.count == 0)
        #expect(index.members(of: "a").isEmpty)
    }

    @Test func aWalkOverTheNamesMayPause() throws {
        let member = Member(0)
        var index = RoomIndex<Member>()
        for number in 0..<1000 { index.join("room \(number)", member) }
        var names: [String] = []
        var orders: Set<Int> = []
        while true {
            let slice = try #require(index.names(after: names.last, atMost: 64))
            orders.insert(slice.order)
            if slice.names.isEmpty { break }
            names += slice.names
        }
        #expect(names.count == 1000 && Set(names).count == 1000)
        #expect(orders.count == 1)
        // Rooms that end change no order.
        for name in names.prefix(500) { index.leave(name, member) }
        #expect(index.names(after: names[10], atMost: 1) == nil)
        let rest = try #require(index.names(after: names[500], atMost: 1000))
        #expect(orders.contains(rest.order))
        #expect(Set(rest.names).isSubset(of: names.dropFirst(501)))
        for number in 0..<5000 { index.join("further room \(number)", member) }
        #expect(try #require(index.names(after: nil, atMost: 1)).order != rest.order)
    }

    @Test(arguments: [0, 1, 7, 50, 100, 200])
    func thoseThatComeFirstAreKept(limit: Int) {
        let names = (0..<100).map { "\(1000 + $0)" }
        var first = FirstNames(limit: limit)
        for name in names.shuffled() { first.add(name) }
        #expect(first.names.sorted() == Array(names.prefix(limit)))
        #expect(first.total == 100)
    }
}
