// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Where a server is: `http(s)://` or `ws(s)://`, a host, a port, the namespace of Socket.IO as the path, and a query
/// that goes with every request.
package struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
    package let isSecure: Bool
    /// A name, or an IP address; an IPv6 address without its brackets.
    package let host: String
    package let port: Int
    /// Where the server is mounted, with slashes around it.
    package let path: String
    /// The path of the address, which Socket.IO takes for a namespace.
    package let namespace: String
    /// The query as it was written, without what Engine.IO itself says in a query.
    package let query: String

    /// - Parameters:
    ///   - text: the address; without a scheme `https` is meant.
    ///   - path: where the server is mounted.
    package init(_ text: String, path: String = "/socket.io/") throws(ClientError) {
        var rest = Substring(text)
        var scheme = "https"
        if let end = Self.schemeEnd(rest) {
            scheme = rest[..<end].lowercased()
            rest = rest[rest.index(end, offsetBy: 3)...]
        }
        switch scheme {
        case "https", "wss": self.isSecure = true
        case "http", "ws": self.isSecure = false
        default: throw Self.invalid("its scheme is \(scheme): use https, http, wss or ws")
        }
        // RFC 3986, 3: the fragment is the end, the query before it, and before that the path.
        if let fragment = rest.firstIndex(of: "#") { rest = rest[..<fragment] }
        var query: Substring = ""
        if let mark = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let namespace = rest[slash...]
        (self.host, self.port) = try Self.authority(rest[..<slash], isSecure: self.isSecure)
        for part in [namespace, query, path[...]] where !part.utf8.allSatisfy(Self.isAllowed) {
            throw Self.invalid("it has a character that must be percent-encoded")
        }
        self.namespace = namespace.isEmpty ? "/" : String(namespace)
        self.query = query.split(separator: "&").filter { !Self.isReserved($0) }.joined(separator: "&")
        let segments = path.split(separator: "/")
        self.path = segments.isEmpty ? "/" : "/\(segments.joined(separator: "/"))/"
    }

    /// The value of the Host field (RFC 9110, 7.2).
    package var hostField: String {
        let host = self.host.contains(":") ? "[\(self.host)]" : self.host
        return self.port == (self.isSecure ? 443 : 80) ? host : "\(host):\(self.port)"
    }

    package var description: String { "\(self.isSecure ? "https" : "http")://\(self.hostField)" }

    private static func schemeEnd(_ text: Substring) -> Substring.Index? {
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { return nil }
        return colon
    }

    private static func authority(_ text: Substring, isSecure: Bool) throws(ClientError) -> (String, Int) {
        guard !text.contains("@") else { throw self.invalid("a user and a password are not used: leave them out") }
        var host = text
        var port: Substring?
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { throw self.invalid("a bracket is not closed") }
            host = text[text.index(after: text.startIndex)..<end]
            guard host.contains(":"), host.utf8.allSatisfy({ self.isAddressByte($0) }) else {
                throw self.invalid("within brackets there is an IPv6 address")
            }
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else { throw self.invalid("a port is expected after the host") }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else {
            if let colon = text.firstIndex(of: ":") {
                host = text[..<colon]
                port = text[text.index(after: colon)...]
            }
            guard !host.isEmpty else { throw self.invalid("it names no server") }
            guard host.utf8.allSatisfy({ self.isNameByte($0) }) else { throw self.invalid("\(host) is no host name") }
        }
        guard let port, !port.isEmpty else { return (host.lowercased(), isSecure ? 443 : 80) }
        guard port.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let number = UInt16(port),
            number > 0
        else { throw self.invalid("\(port) is no port: 1 to 65535") }
        return (host.lowercased(), Int(number))
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ":") || byte == UInt8(ascii: "%") || self.isNameByte(byte)
    }

    /// What may stand in a request's target as it is: no blank, no control character, nothing beyond ASCII.
    private static func isAllowed(_ byte: UInt8) -> Bool { 0x21...0x7e ~= byte }

    private static func isReserved(_ pair: Substring) -> Bool {
        let name = pair.prefix { $0 != "=" }
        return ["EIO", "transport", "sid", "t", "resume", "attach", "ack", "seq", "probe", "j", "b64"].contains(name)
    }

    private static func invalid(_ why: String) -> ClientError {
        ClientError(.invalidAddress, "the server's address cannot be used: \(why)")
    }
}
