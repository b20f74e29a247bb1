// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MartletEngine

struct TrustedProxiesTests {
    @Test(
        arguments: [
            ("192.0.2.1", ["192.0.2.1", "::ffff:192.0.2.1"], ["192.0.2.0", "192.0.2.2", "::c000:201"]),
            ("10.0.0.0/8", ["10.0.0.0", "10.255.255.255"], ["9.255.255.255", "11.0.0.0", "::"]),
            // What is behind the length does not count.
            ("10.1.2.3/8", ["10.255.0.0"], ["11.1.2.3"]),
            ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"], ["::1", "::", "2001:db8::1"]),
            ("192.0.2.1/32", ["192.0.2.1"], ["192.0.2.0"]),
            ("192.0.2.0/31", ["192.0.2.0", "192.0.2.1"], ["192.0.2.2"]),
            ("2001:db8::/32", ["2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"], ["2001:db9::", "2001:db7::"]),
            ("2001:db8::/64", ["2001:db8::1"], ["2001:db8:0:1::"]),
            ("2001:db8::/65", ["2001:db8::1"], ["2001:db8::8000:0:0:0"]),
            ("::1/128", ["::1"], ["::", "::2", "0.0.0.1"]),
            ("::/0", ["::", "::1", "ffff::"], ["0.0.0.0", "::ffff:1.2.3.4"]),
            ("::ffff:10.0.0.0/104", ["10.1.2.3"], ["11.1.2.3", "::a01:203"]),
        ]
    )
    func containsTheAddressesOfARange(range: String, inside: [String], outside: [String]) throws {
        let proxies = try TrustedProxies(range)
        for text in inside { #expect(proxies.contains(try #require(IPAddress(text))), "\(text)") }
        for text in outside { #expect(!proxies.contains(try #require(IPAddress(text))), "\(text)") }
    }

    @Test(
        arguments: [
            "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.0/ 8",
            "10.0.0.0/255.0.0.0", "10.0.0/8", "::/129", "::/99999999999999999999", "localhost", "proxy.example", "*",
        ]
    )
    func saysWhatIsWrongWithARange(text: String) throws {
        let error = try #require(throws: TrustedProxies.InvalidRange.self) { try TrustedProxies("127.0.0.1", text) }
        #expect(error.text == text)
        #expect("\(error)".hasPrefix("'\(text)' is no address and no network: "))
    }

    @Test func namedNetworksAreThoseOfTheStandards() throws {
        func contains(_ proxies: TrustedProxies, _ text: String) throws -> Bool {
            proxies.contains(try #require(IPAddress(text)))
        }
        for text in ["127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"] {
            #expect(try contains(.loopback, text), "\(text)")
            #expect(try !contains(.privateNetworks, text), "\(text)")
        }
        let edges = [
            "10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255", "fc00::",
            "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        ]
        for text in edges {
            #expect(try contains(.privateNetworks, text), "\(text)")
            #expect(try !contains(.loopback, text), "\(text)")
        }
        let outside = [
            "9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "fe00::",
            "fbff::", "126.255.255.255", "128.0.0.0", "::2", "::",
        ]
        for text in outside {
            #expect(try !contains(.privateNetworks.union(.loopback), text), "\(text)")
        }
    }

    @Test func aUnionIsBoth() throws {
        let both = try TrustedProxies.loopback.union(TrustedProxies(["192.0.2.1"]))
        #expect(both.contains(.v4(127, 0, 0, 1)))
        #expect(both.contains(.v4(192, 0, 2, 1)))
        #expect(try TrustedProxies([]) == .none)
    }
}
