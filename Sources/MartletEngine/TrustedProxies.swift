// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The proxies whose `X-Forwarded-…` and `Forwarded` header fields the server believes.
///
/// Behind a proxy every connection comes from the proxy, and the client's address is in the header field
/// `X-Forwarded-For`, to which each proxy adds the address that its request came from. Anybody can send such a field.
/// So the server reads it only when the connection comes from one of the addresses named here, and reads it from its
/// end: an address that a trusted proxy added is either another trusted proxy or the client. From the same proxies the
/// server also believes `X-Forwarded-Proto`, and the host in `X-Forwarded-Host` or `Forwarded` (RFC 7239), which it
/// compares with a page's origin.
///
/// A trusted proxy must append to `X-Forwarded-For`, and must set or remove `X-Forwarded-Proto`: otherwise clients can
/// forge these fields. Only the host need not be protected: it serves to keep foreign pages away, and pages cannot set
/// these fields.
///
/// ```swift
/// var configuration = SocketIOConfiguration()
/// configuration.trustedProxies = .loopback
/// configuration.trustedProxies = try TrustedProxies("192.0.2.10", "10.0.0.0/8", "2001:db8::/32")
/// ```
public struct TrustedProxies: Sendable, Hashable {
    private let ranges: [IPAddressRange]

    /// Trusts no proxy: a client's address is the address that its connection comes from.
    public static let none = TrustedProxies(ranges: [])

    /// Proxies on the same machine: 127.0.0.0/8 and ::1.
    public static let loopback = TrustedProxies(ranges: [
        .v4(127, 0, 0, 0, length: 8), IPAddressRange(IPAddress(high: 0, low: 1)),
    ])

    /// Proxies in a private network, as containers and hosting platforms have it:
    /// 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 (RFC 1918) and fc00::/7 (RFC 4193).
    public static let privateNetworks = TrustedProxies(ranges: [
        .v4(10, 0, 0, 0, length: 8), .v4(172, 16, 0, 0, length: 12), .v4(192, 168, 0, 0, length: 16),
        IPAddressRange(IPAddress(high: 0xfc00 << 48, low: 0), length: 7),
    ])

    private init(ranges: [IPAddressRange]) {
        self.ranges = ranges
    }

    /// - Parameter ranges: addresses, `192.0.2.1` or `2001:db8::1`, and networks in CIDR notation, `10.0.0.0/8`.
    /// - Throws: ``InvalidRange`` for the first text that is neither.
    public init(_ ranges: String...) throws(InvalidRange) {
        try self.init(ranges)
    }

    /// - Parameter ranges: addresses, `192.0.2.1` or `2001:db8::1`, and networks in CIDR notation, `10.0.0.0/8`.
    /// - Throws: ``InvalidRange`` for the first text that is neither.
    public init(_ ranges: [String]) throws(InvalidRange) {
        var parsed: [IPAddressRange] = []
        for range in ranges { parsed.append(try Self.parse(range)) }
        self.init(ranges: parsed)
    }

    /// Text that is neither an address nor a network.
    public struct InvalidRange: Error, CustomStringConvertible {
        /// The text that was given.
        public let text: String
        /// What is wrong with the text.
        public let reason: String

        public var description: String { "'\(self.text)' is no address and no network: \(self.reason)" }
    }

    /// The proxies of both values.
    public func union(_ others: TrustedProxies) -> TrustedProxies {
        TrustedProxies(ranges: self.ranges + others.ranges)
    }

    var isEmpty: Bool { self.ranges.isEmpty }

    package func contains(_ address: IPAddress) -> Bool {
        self.ranges.contains { $0.contains(address) }
    }

    private static func parse(_ text: String) throws(InvalidRange) -> IPAddressRange {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else {
            throw InvalidRange(text: text, reason: "'\(parts[0])' is not an IPv4 or IPv6 address")
        }
        guard parts.count == 2 else { return IPAddressRange(address) }
        // An IPv4 address that is written as an IPv6 address has a length of 128 bits.
        let isIPv4 = !parts[0].utf8.contains(UInt8(ascii: ":"))
        let longest = isIPv4 ? 32 : 128
        guard parts[1].utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
            let length = Int(parts[1]), length <= longest
        else {
            throw InvalidRange(text: text, reason: "after the slash goes a number from 0 to \(longest)")
        }
        return IPAddressRange(address, length: isIPv4 ? 96 + length : length)
    }
}
