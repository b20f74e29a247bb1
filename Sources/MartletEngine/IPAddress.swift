// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// An Internet address, of either family, without a port.
///
/// An IPv4 address is stored as its IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2), `::ffff:192.0.2.1`: a socket that
/// listens for both families reports the same host in that form.
package struct IPAddress: Sendable, Hashable {
    /// The upper and the lower half of the 128 bits.
    let high: UInt64
    let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// `v4(127, 0, 0, 1)`
    static func v4(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) -> IPAddress {
        IPAddress(high: 0, low: self.v4Prefix | self.integer([first, second, third, fourth]))
    }

    private static let v4Prefix: UInt64 = 0xffff << 32

    private static func integer(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Reads the text form of an address, without brackets, port and zone.
    package init?(_ text: some StringProtocol) {
        // Refuse a zone (`%eth0`): `SocketAddress` would look it up among the interfaces of this machine.
        guard text.utf8.count <= Self.longestText, text.utf8.allSatisfy(Self.isPartOfAddress) else { return nil }
        guard let address = try? SocketAddress(ipAddress: String(text), port: 0) else { return nil }
        self.init(address)
    }

    /// The address of a socket; `nil` for one that is not on the Internet.
    package init?(_ address: SocketAddress) {
        // A `sockaddr_in` and a `sockaddr_in6` begin with the family and the port, two bytes each; the latter goes on
        // with four bytes of flow information.
        switch address {
        case .v4:
            self = address.withSockAddr { pointer, size in
                let bytes = UnsafeRawBufferPointer(start: pointer, count: size)[4..<8]
                return IPAddress(high: 0, low: Self.v4Prefix | Self.integer(bytes))
            }
        case .v6:
            self = address.withSockAddr { pointer, size in
                let bytes = UnsafeRawBufferPointer(start: pointer, count: size)[8..<24]
                return IPAddress(high: Self.integer(bytes.prefix(8)), low: Self.integer(bytes.suffix(8)))
            }
        case .unixDomainSocket: return nil
        }
    }

    /// The first address of its IPv6 network of 64 bits (RFC 4291, 2.5.4); an IPv4 address stays as it is.
    package var network: IPAddress { self.isIPv4 ? self : IPAddress(high: self.high, low: 0) }

    package var isIPv4: Bool { self.high == 0 && self.low >> 32 == 0xffff }

    /// The address of a socket on the host.
    package func socketAddress(port: Int) -> SocketAddress? {
        var packed = ByteBuffer()
        if self.isIPv4 {
            packed.writeInteger(UInt32(truncatingIfNeeded: self.low))
        } else {
            packed.writeMultipleIntegers(self.high, self.low)
        }
        return try? SocketAddress(packedIPAddress: packed, port: port)
    }

    /// `0000:0000:0000:0000:0000:ffff:255.255.255.255`
    static let longestText = 45

    private static func isPartOfAddress(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."), UInt8(ascii: ":"):
            true
        default: false
        }
    }
}
