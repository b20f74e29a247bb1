// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import MartletEngine

/// Where a node of a cluster takes requests that other nodes forward, and the tag of its sessions.
package struct NodeLocation: Hashable, Sendable {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    package let host: String
    package let port: Int
    package let tag: NodeTag

    /// - Parameter address: host and port, as `10.0.0.3:3000` or `[2001:db8::3]:3000`. `nil` when it is no such text.
    package init?(address: String, tag: NodeTag) {
        guard address.utf8.count <= Self.maxLength, let colon = address.lastIndex(of: ":") else { return nil }
        var host = address[..<colon]
        let digits = address[address.index(after: colon)...]
        guard digits.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains), let port = UInt16(digits),
            port > 0
        else { return nil }
        if host.first == "[", host.last == "]" {
            host = host.dropFirst().dropLast()
        } else if host.contains(where: { ":[]".contains($0) }) {
            return nil
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ UInt8(ascii: "!")...UInt8(ascii: "~") ~= $0 }) else { return nil }
        self.host = String(host)
        self.port = Int(port)
        self.tag = tag
    }

    /// The longest name of a host (RFC 1035, 2.3.4), brackets, and a port.
    private static let maxLength = 255 + 2 + 6

    package var address: String {
        self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }
}

extension NodeLocation: Codable {
    private enum Key: String, CodingKey { case address, tag }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        guard let tag = NodeTag(try values.decode(String.self, forKey: .tag)),
            let location = NodeLocation(address: try values.decode(String.self, forKey: .address), tag: tag)
        else { throw DecodingError.dataCorruptedError(forKey: .address, in: values, debugDescription: "no location") }
        self = location
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(self.address, forKey: .address)
        try values.encode(self.tag.description, forKey: .tag)
    }
}
