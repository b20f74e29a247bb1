// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import MartletEngine
import NIOCore
import Testing

/// Trusted are 127.0.0.0/8, ::1 and 10.0.0.0/8.
struct ForwardedRequestTests {
    private static func trusted() throws -> TrustedProxies {
        try TrustedProxies.loopback.union(TrustedProxies("10.0.0.0/8"))
    }

    private static func handshake(
        from peer: String = "127.0.0.1",
        for forwardedFor: [String] = [],
        proto: [String] = [],
        scheme: String = "http",
        trusting proxies: TrustedProxies
    ) throws -> HandshakeRequest {
        var head = HTTPRequest(method: .get, scheme: scheme, authority: "a", path: "/socket.io/?EIO=4")
        let forwardedForName = try #require(HTTPField.Name("x-forwarded-for"))
        let forwardedProtoName = try #require(HTTPField.Name("X-FORWARDED-PROTO"))
        for line in forwardedFor { head.headerFields.append(HTTPField(name: forwardedForName, value: line)) }
        for line in proto { head.headerFields.append(HTTPField(name: forwardedProtoName, value: line)) }
        return HandshakeRequest(
            head: head,
            remoteAddress: try SocketAddress(ipAddress: peer, port: 9),
            isSecure: scheme == "https",
            trusting: proxies
        )
    }

    private static func address(from peer: String = "127.0.0.1", for lines: String...) throws -> String? {
        try self.handshake(from: peer, for: lines, trusting: self.trusted()).remoteAddress?.ipAddress
    }

    private static func hosts(
        from peer: String = "127.0.0.1",
        _ fields: [String: String],
        trusting proxies: TrustedProxies
    ) throws -> [Substring] {
        proxies.forwardedHosts(from: try SocketAddress(ipAddress: peer, port: 9)) { fields[$0] }
    }

    @Test(
        arguments: [
            (["X-Forwarded-Host": "app.example"], ["app.example"]),
            (["X-Forwarded-Host": " a.example:8443 ,\tb.example, "], ["a.example:8443", "b.example"]),
            (["Forwarded": "for=192.0.2.1;host=a.example;proto=https"], ["a.example"]),
            (
                ["Forwarded": #"for="[2001:db8::1]:4711"; Host = "a.example:1" , host=b.example"#],
                ["a.example:1", "b.example"]
            ),
            (["Forwarded": #"by="x;host=evil.example,";host=a.example"#], ["a.example"]),
            (["Forwarded": #"host="a\.ex\"ample""#], [#"a.ex"ample"#]),
            (["Forwarded": #"host="unclosed"#], [#""unclosed"#]),
            (["Forwarded": "host;;=,host=,"], []),
            (["X-Forwarded-Host": "a.example", "Forwarded": "host=b.example"], ["a.example", "b.example"]),
        ] as [([String: String], [Substring])]
    )
    func theHostsThatATrustedProxyNamesAreRead(fields: [String: String], hosts: [Substring]) throws {
        #expect(try Self.hosts(fields, trusting: Self.trusted()) == hosts)
        #expect(try Self.hosts(from: "192.0.2.9", fields, trusting: Self.trusted()).isEmpty)
        #expect(try Self.hosts(fields, trusting: .none).isEmpty)
    }

    @Test func nobodyNamesThousandsOfHosts() throws {
        let list = Array(repeating: "a.example", count: 1000).joined(separator: ",")
        #expect(try Self.hosts(["X-Forwarded-Host": list], trusting: Self.trusted()).count == 32)
    }

    @Test func withoutTrustedProxiesNobodyIsBelieved() throws {
        let request = try Self.handshake(for: ["192.0.2.1"], proto: ["https"], trusting: .none)
        #expect(try request.remoteAddress == SocketAddress(ipAddress: "127.0.0.1", port: 9))
        #expect(!request.isSecure)
    }

    @Test(arguments: ["192.0.2.9", "11.0.0.1", "2001:db8::1", "::ffff:192.0.2.9"])
    func aPeerThatIsNoTrustedProxyIsNotBelieved(peer: String) throws {
        let request = try Self.handshake(from: peer, for: ["192.0.2.1"], proto: ["https"], trusting: Self.trusted())
        #expect(try request.remoteAddress == SocketAddress(ipAddress: peer, port: 9))
        #expect(!request.isSecure)
    }

    @Test(arguments: ["127.0.0.1", "127.1.2.3", "::1", "10.9.8.7", "::ffff:10.9.8.7"])
    func aTrustedPeerSaysWhoItsClientIs(peer: String) throws {
        let request = try Self.handshake(from: peer, for: ["192.0.2.1"], proto: ["https"], trusting: Self.trusted())
        #expect(try request.remoteAddress == SocketAddress(ipAddress: "192.0.2.1", port: 0))
        #expect(request.isSecure)
    }

    @Test func aTrustedPeerThatSaysNothingIsTheClient() throws {
        let request = try Self.handshake(trusting: Self.trusted())
        #expect(try request.remoteAddress == SocketAddress(ipAddress: "127.0.0.1", port: 9))
        #expect(!request.isSecure)
    }

    @Test func aChannelWithoutAnAddressIsNoTrustedPeer() throws {
        var head = HTTPRequest(method: .get, scheme: "http", authority: "a", path: "/")
        head.headerFields[try #require(HTTPField.Name("X-Forwarded-For"))] = "192.0.2.1"
        let path = try SocketAddress(unixDomainSocketPath: "/socket")
        for peer in [nil, path] {
            let request = HandshakeRequest(
                head: head, remoteAddress: peer, isSecure: false, trusting: try Self.trusted())
            #expect(request.remoteAddress == peer)
        }
    }

    // MARK: The walk

    @Test func theLastUntrustedAddressIsTheClient() throws {
        #expect(try Self.address(for: "192.0.2.1, 198.51.100.1") == "198.51.100.1")
        #expect(try Self.address(for: "203.0.113.1, 192.0.2.1, 10.0.0.1,127.0.0.2") == "192.0.2.1")
        #expect(try Self.address(for: "127.0.0.1, 192.0.2.1, ::1") == "192.0.2.1")
        #expect(try Self.address(for: "2001:db8::7, ::ffff:10.1.1.1") == "2001:db8::7")
    }

    @Test func ifAllAreTrustedTheFirstIsTheClient() throws {
        #expect(try Self.address(for: "10.0.0.7") == "10.0.0.7")
        #expect(try Self.address(for: "10.0.0.7, 127.0.0.1, 10.0.0.9") == "10.0.0.7")
    }

    @Test func linesAreOneList() throws {
        #expect(try Self.address(for: "203.0.113.1", "192.0.2.1", "10.0.0.1") == "192.0.2.1")
        #expect(try Self.address(for: "192.0.2.1, 10.0.0.2", "10.0.0.1, 127.0.0.1") == "192.0.2.1")
    }

    @Test func blanksDoNotCount() throws {
        #expect(try Self.address(for: " \t192.0.2.1\t ,\t 10.0.0.1 ") == "192.0.2.1")
        #expect(try Self.address(for: "192.0.2.1,10.0.0.1") == "192.0.2.1")
    }

    @Test(
        arguments: [
            "", " ", ",", "unknown", "_secret", "192.0.2", "192.0.2.1.", "192.0.2.1:", "192.0.2.1:x",
            "192.0.2.1:65536", "192.0.2.1:123456", "192.0.2.1:+1", "192.0.2.1 10.0.0.1", "[::1", "::1]", "[]",
            "[192.0.2.1]", "[::1]1", "[::1]:", "[::1]\u{301}", "[\u{301}::1]", "fe80::1%lo", "\"192.0.2.1\"",
            "for=192.0.2.1", "é", String(repeating: "1", count: 500),
            "192.0.2.1" + String(repeating: " ", count: 500) + ":1",
        ]
    )
    func whatIsNoAddressEndsTheList(element: String) throws {
        #expect(try Self.address(for: "203.0.113.1, \(element), 10.0.0.1") == "10.0.0.1")
        #expect(try Self.address(for: "203.0.113.1, \(element)") == "127.0.0.1")
        #expect(try Self.address(for: element) == "127.0.0.1")
    }

    @Test(
        arguments: [
            ("192.0.2.1:4711", "192.0.2.1", 4711), ("192.0.2.1:0", "192.0.2.1", 0), ("192.0.2.1", "192.0.2.1", 0),
            ("[2001:db8::1]:65535", "2001:db8::1", 65535), ("[2001:db8::1]", "2001:db8::1", 0),
            ("2001:db8::1", "2001:db8::1", 0), ("::ffff:192.0.2.1", "192.0.2.1", 0),
            ("[::ffff:192.0.2.1]:80", "192.0.2.1", 80),
        ]
    )
    func anElementMayHaveAPort(element: String, host: String, port: Int) throws {
        for list in [element, "203.0.113.1, \(element)", "\(element), 10.0.0.1:80, [::1]:80"] {
            let request = try Self.handshake(for: [list], trusting: Self.trusted())
            #expect(try request.remoteAddress == SocketAddress(ipAddress: host, port: port), "\(list)")
        }
    }

    /// Whatever stands before the proxy's word: nothing of it is believed, and nothing of it breaks the reader.
    @Test func whatAClientWroteChangesNothing() throws {
        var random = SystemRandomNumberGenerator()
        let pieces = [
            "1", "192.0.2.1", "10.0.0.1", "127.0.0.1", ",", ", ", ":", "::", "::1", "[", "]", ".", "/", " ", "\t", "%",
            "é",
            "\u{301}", "65536", "unknown", String(repeating: " ", count: 70),
        ]
        for _ in 0..<2_000 {
            let count = Int.random(in: 0..<20, using: &random)
            let written = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            #expect(try Self.address(for: "\(written), 198.51.100.1") == "198.51.100.1", "\(written)")
            #expect(try Self.address(for: "\(written), 198.51.100.1, 10.0.0.9") == "198.51.100.1", "\(written)")
            #expect(try Self.address(from: "192.0.2.77", for: written) == "192.0.2.77", "\(written)")
            #expect(try Self.address(for: written) != nil, "\(written)")
        }
    }

    @Test func proxiesInARowAreLimited() throws {
        let proxies = Array(repeating: "10.0.0.1", count: 31)
        #expect(try Self.address(for: (["192.0.2.1"] + proxies).joined(separator: ",")) == "192.0.2.1")
        #expect(try Self.address(for: (["192.0.2.1", "10.0.0.2"] + proxies).joined(separator: ",")) == "10.0.0.2")
    }

    // MARK: The scheme

    @Test(
        arguments: [
            (["https"], true), (["HTTPS"], true), (["http"], false), (["wss"], false), ([""], false),
            (["https, http"], false), (["http, https"], true), (["https", "http"], false), (["http", " https "], true),
            (["httpsx"], false),
        ]
    )
    func theNearestProxySaysWhetherItWasEncrypted(lines: [String], isSecure: Bool) throws {
        let trusted = try Self.trusted()
        #expect(try Self.handshake(proto: lines, trusting: trusted).isSecure == isSecure)
        #expect(try Self.handshake(proto: lines, scheme: "https", trusting: trusted).isSecure == isSecure)
        #expect(try !Self.handshake(from: "192.0.2.1", proto: lines, trusting: trusted).isSecure)
    }

    @Test func aProxyThatDoesNotSayIsTakenAsItsConnectionIs() throws {
        #expect(try Self.handshake(scheme: "https", trusting: Self.trusted()).isSecure)
        #expect(try !Self.handshake(trusting: Self.trusted()).isSecure)
    }
}
