// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Logging
import MartletEngine
import MartletEvents
import NIOCore
import Testing

@testable import MartletAdmin

struct AdminGateTests {
    private let gate: AdminGate
    private let token = "sixteen bytes or more"
    private let start = NIODeadline.uptimeNanoseconds(1 << 40)

    init() throws {
        self.gate = AdminGate(try #require(AdminToken(self.token)))
    }

    private func refusal(_ token: String?, from address: String = "192.0.2.1", after time: TimeAmount = .zero) throws
        -> String?
    {
        let auth = try token.map { try SocketArgument(encoding: ["token": $0]) } ?? .emptyObject
        do throws(ConnectionRefused) {
            try self.gate.admit(auth, from: try? SocketAddress(ipAddress: address, port: 1), now: self.start + time)
            return nil
        } catch {
            return error.message
        }
    }

    @Test func aTokenHasSixteenBytesAtLeast() {
        #expect(AdminToken("") == nil)
        #expect(AdminToken("fifteen bytes..") == nil)
        #expect(AdminToken("sixteen bytes...") != nil)
    }

    @Test func onlyTheTokenItselfMatches() throws {
        let token = try #require(AdminToken(self.token))
        #expect(token.matches(self.token))
        for other in ["", String(self.token.dropLast()), self.token + "!", self.token.uppercased(), "\0" + self.token] {
            #expect(!token.matches(other), "\(other)")
        }
    }

    @Test func withoutTheTokenThereIsNoWayIn() throws {
        #expect(try self.refusal(nil) == "Not authorized")
        #expect(try self.refusal("a wrong token, long enough") == "Not authorized")
        #expect(try self.refusal(self.token) == nil)
        #expect(throws: ConnectionRefused.self) {
            try self.gate.admit(SocketArgument(encoding: ["token": [1]]), from: nil, now: self.start)
        }
    }

    @Test func anAddressThatFailsOftenHasToWait() throws {
        for _ in 0..<AttemptLimiter.burst { #expect(try self.refusal("wrong") == "Not authorized") }
        #expect(try self.refusal(self.token) == "Too many attempts")
        #expect(try self.refusal(self.token, from: "192.0.2.2") == nil)
        #expect(try self.refusal(self.token, after: .milliseconds(5999)) == "Too many attempts")
        #expect(try self.refusal("wrong", after: .seconds(6)) == "Not authorized")
        #expect(try self.refusal(self.token, after: .seconds(6)) == "Too many attempts")
        #expect(try self.refusal(self.token, after: .seconds(12)) == nil)
    }

    @Test func anIPv6NetworkIsOneAddress() throws {
        for host in 0..<AttemptLimiter.burst { _ = try self.refusal("wrong", from: "2001:db8:1:1::\(host)") }
        #expect(try self.refusal(self.token, from: "2001:db8:1:1:ffff::1") == "Too many attempts")
        #expect(try self.refusal(self.token, from: "2001:db8:1:2::1") == nil)
    }

    @Test func addressesAreForgottenBeforeThereAreTooMany() throws {
        var limiter = AttemptLimiter()
        func address(_ number: Int) -> IPAddress? {
            IPAddress("10.\(number >> 16).\(number >> 8 & 255).\(number & 255)")
        }
        for _ in 0..<AttemptLimiter.burst { limiter.failed(address(0), now: self.start) }
        for number in 1...AttemptLimiter.maxAddresses + 10 { limiter.failed(address(number), now: self.start) }
        #expect(limiter.addressCount == AttemptLimiter.maxAddresses)
        // The one that has failed most is kept.
        #expect(limiter.wait(of: address(0), now: self.start) == AttemptLimiter.interval)
        limiter.failed(address(1 << 20), now: self.start + .hours(1))
        #expect(limiter.addressCount == 1)
    }
}
