// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import MartletEngine

struct AddressTableTests {
    private func key(_ text: String) throws -> AddressTable.Key {
        AddressTable.Key(try #require(IPAddress(text)))
    }

    private let now = NIODeadline.uptimeNanoseconds(1)

    @Test func whatIsOpenIsBoundedPerAddress() throws {
        var table = AddressTable(.init(open: 2, rate: nil))
        let (one, other) = (try self.key("192.0.2.1"), try self.key("192.0.2.2"))
        try table.admit(one, now: self.now)
        try table.admit(one, now: self.now)
        #expect(throws: AddressTable.Refusal.tooMany) { try table.admit(one, now: self.now) }
        try table.admit(other, now: self.now)
        table.release(one, now: self.now)
        try table.admit(one, now: self.now)
        #expect(table.count == 2)
    }

    @Test func whatIsOverAndForgivenIsForgotten() throws {
        var table = AddressTable(.init(open: 1, rate: RateLimit(perSecond: 1)))
        let key = try self.key("192.0.2.1")
        try table.admit(key, now: self.now)
        table.release(key, now: self.now)
        #expect(table.count == 1)
        #expect(throws: AddressTable.Refusal.tooOften(wait: .seconds(1))) { try table.admit(key, now: self.now) }
        try table.admit(key, now: self.now + .seconds(1))
        table.release(key, now: self.now + .seconds(2))
        #expect(table.count == 0)
    }

    @Test func aNetworkOf64BitsIsOneClient() throws {
        #expect(try self.key("2001:db8:1:2::1") == self.key("2001:db8:1:2:ffff::7"))
        #expect(try self.key("2001:db8:1:2::1") != self.key("2001:db8:1:3::1"))
        #expect(try self.key("192.0.2.1") == self.key("::ffff:192.0.2.1"))
        #expect(try self.key("192.0.2.1") != self.key("192.0.2.2"))
    }

    @Test func theTableIsBounded() throws {
        var table = AddressTable(.init(open: 1, rate: RateLimit(perSecond: 0.001)), capacity: 4)
        let keys = try (0..<10).map { try self.key("192.0.2.\($0)") }
        for key in keys[0..<2] { try table.admit(key, now: self.now) }
        for key in keys[2...] {
            try table.admit(key, now: self.now)
            table.release(key, now: self.now)
            #expect(table.count <= 4)
        }
        // Those with something open are not forgotten.
        for key in keys[0..<2] {
            #expect(throws: AddressTable.Refusal.tooMany) { try table.admit(key, now: self.now) }
        }
    }

    @Test func whereAllHaveSomethingOpenANewOneIsNotCounted() throws {
        var table = AddressTable(.init(open: 1, rate: nil), capacity: 1)
        let (one, other) = (try self.key("192.0.2.1"), try self.key("192.0.2.2"))
        try table.admit(one, now: self.now)
        try table.admit(other, now: self.now)
        try table.admit(other, now: self.now)
        table.release(other, now: self.now)
        #expect(table.count == 1)
        #expect(throws: AddressTable.Refusal.tooMany) { try table.admit(one, now: self.now) }
    }
}
