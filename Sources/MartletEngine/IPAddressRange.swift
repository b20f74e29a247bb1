// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// A network: all addresses with the same first bits.
struct IPAddressRange: Sendable, Hashable {
    private let first: IPAddress
    private let highMask: UInt64
    private let lowMask: UInt64

    /// - Parameter length: how many of the 128 bits are the same in all addresses; for IPv4, 96 more than in CIDR
    ///   notation.
    init(_ address: IPAddress, length: Int = 128) {
        self.highMask = Self.mask(length)
        self.lowMask = Self.mask(length - 64)
        self.first = IPAddress(high: address.high & self.highMask, low: address.low & self.lowMask)
    }

    static func v4(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8, length: Int) -> IPAddressRange {
        IPAddressRange(.v4(first, second, third, fourth), length: 96 + length)
    }

    /// `::/0` is every IPv6 address, and no IPv4 address.
    func contains(_ address: IPAddress) -> Bool {
        address.isIPv4 == self.first.isIPv4
            && address.high & self.highMask == self.first.high
            && address.low & self.lowMask == self.first.low
    }

    private static func mask(_ length: Int) -> UInt64 {
        // Shifting by 64 or more leaves nothing.
        ~(UInt64.max >> max(length, 0))
    }
}
