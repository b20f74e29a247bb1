// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Crypto
import NIOCore
import Testing

@testable import MartletForwarding

struct NodeTrustTests {
    private let key = SymmetricKey(data: Array("the secret of these tests".utf8))
    private let request = ForwardedField.Request(method: "GET", target: "/socket.io/?EIO=4&sid=a", receiver: "receiver")

    private func field(number: UInt64, time: Int = 1000, node: String = "sender") -> String {
        ForwardedField(node: node, address: nil, isSecure: false, time: time, number: number)
            .signed(for: self.request, by: self.key)
    }

    private func check(_ trust: NodeTrust, _ field: String, now: Int = 1000) throws(NodeTrust.Refusal) {
        _ = try trust.check(field, method: self.request.method, target: self.request.target, now: now)
    }

    @Test(arguments: ["192.0.2.1", "2001:db8::1", nil])
    func aFieldSaysWhoTheClientIs(address: String?) throws {
        let address = try address.map { try SocketAddress(ipAddress: $0, port: 4711) }
        let written = ForwardedField(node: "sender", address: address, isSecure: true, time: 17, number: 3)
        let text = written.signed(for: self.request, by: self.key)
        let read = try #require(ForwardedField(text, of: self.request, signedBy: self.key))
        #expect(read.node == "sender")
        #expect(read.address == address)
        #expect(read.isSecure)
        #expect(read.time == 17)
        #expect(read.number == 3)
    }

    @Test func noByteOfAFieldCanBeChanged() {
        let text = Array(self.field(number: 12).utf8)
        for index in text.indices {
            for byte in [text[index] ^ 1, UInt8(ascii: ";"), 0xff] where byte != text[index] {
                var forged = text
                forged[index] = byte
                let field = String(decoding: forged, as: UTF8.self)
                #expect(ForwardedField(field, of: self.request, signedBy: self.key) == nil)
            }
            let shorter = String(decoding: text[..<index], as: UTF8.self)
            #expect(ForwardedField(shorter, of: self.request, signedBy: self.key) == nil)
        }
    }

    @Test func aFieldIsForOneRequest() {
        let text = self.field(number: 1)
        var others = [self.request, self.request, self.request]
        others[0].method = "POST"
        others[1].target += "b"
        others[2].receiver = "another"
        for other in others { #expect(ForwardedField(text, of: other, signedBy: self.key) == nil) }
        let otherKey = SymmetricKey(data: Array("the secret of these testS".utf8))
        #expect(ForwardedField(text, of: self.request, signedBy: otherKey) == nil)
    }

    @Test func aFieldIsTakenOnce() throws {
        let trust = NodeTrust(nodeID: "receiver", key: self.key)
        for number in [UInt64](1...100).shuffled() {
            try self.check(trust, self.field(number: number))
            #expect(throws: NodeTrust.Refusal.replayed) { try self.check(trust, self.field(number: number)) }
        }
        // Each node counts by itself.
        try self.check(trust, self.field(number: 1, node: "another"))
    }

    @Test func anOldFieldIsRefused() throws {
        let trust = NodeTrust(nodeID: "receiver", key: self.key)
        for (number, now) in [(1, 940), (2, 1060)] {
            try self.check(trust, self.field(number: UInt64(number)), now: now)
        }
        for (number, now) in [(3, 939), (4, 1061)] {
            #expect(throws: NodeTrust.Refusal.stale) {
                try self.check(trust, self.field(number: UInt64(number)), now: now)
            }
        }
        #expect(throws: NodeTrust.Refusal.notSigned) { try self.check(trust, "1;") }
    }

    @Test func nodesThatHaveGoneAreForgotten() throws {
        let trust = NodeTrust(nodeID: "receiver", key: self.key)
        for node in 0..<1000 { try self.check(trust, self.field(number: 1, node: "\(node)")) }
        #expect(throws: NodeTrust.Refusal.replayed) { try self.check(trust, self.field(number: 1, node: "new")) }
        try self.check(trust, self.field(number: 1, time: 1200, node: "new"), now: 1200)
        // What an old node has sent is too old by now.
        #expect(throws: NodeTrust.Refusal.stale) { try self.check(trust, self.field(number: 1, node: "0"), now: 1200) }
    }
}
