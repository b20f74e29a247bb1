// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import MartletEngine

struct IPAddressTests {
    @Test(
        arguments: [
            ("192.0.2.1", IPAddress(high: 0, low: 0xffff_c000_0201)),
            ("::ffff:192.0.2.1", .v4(192, 0, 2, 1)),
            ("::FFFF:c000:201", .v4(192, 0, 2, 1)),
            ("::1", IPAddress(high: 0, low: 1)),
            ("2001:db8::A:1", IPAddress(high: 0x2001_0db8 << 32, low: 0xa_0001)),
            ("0000:0000:0000:0000:0000:ffff:255.255.255.255", .v4(255, 255, 255, 255)),
        ]
    )
    func readsBothFamilies(text: String, address: IPAddress) {
        #expect(IPAddress(text) == address)
    }

    @Test(
        arguments: [
            "", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.-4", "+1.2.3.4", " 1.2.3.4", "1.2.3.4 ",
            "1.2.3.4/8", "1.2.3.4:5", "[::1]", "::1::", "1:2:3:4:5:6:7:8:9", "fe80::1%lo", "localhost", "unknown",
            "_hidden", "é", "1.2.3.4\0", String(repeating: "0", count: 46),
        ]
    )
    func refusesWhatIsNoAddress(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(
        arguments: ["192.0.2.1", "0.0.0.0", "255.255.255.255", "::1", "2001:db8::a:1", "::"]
    )
    func comesBackAsTheAddressOfASocket(text: String) throws {
        let address = try #require(IPAddress(text)?.socketAddress(port: 4711))
        #expect(try address == SocketAddress(ipAddress: text, port: 4711))
        #expect(IPAddress(address) == IPAddress(text))
    }

    @Test func isIPv4WhenItIsMappedToIPv6() throws {
        let address = try #require(IPAddress("::ffff:192.0.2.1")?.socketAddress(port: 1))
        #expect(try address == SocketAddress(ipAddress: "192.0.2.1", port: 1))
        #expect(try IPAddress(SocketAddress(ipAddress: "::ffff:192.0.2.1", port: 1)) == .v4(192, 0, 2, 1))
    }

    @Test func pathsAreNoInternetAddresses() throws {
        #expect(try IPAddress(SocketAddress(unixDomainSocketPath: "/socket")) == nil)
    }
}
