// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Where Redis is, and who comes.
///
///     redis://[[user]:password@]host[:port][/database]     rediss:// with TLS
///     unix:///path[?db=database]                            redis+unix:// too
struct RedisURL: Hashable, Sendable {
    enum Endpoint: Hashable, Sendable {
        case host(String, port: Int)
        case unix(path: String)
    }

    var endpoint: Endpoint
    var usesTLS = false
    var user: String?
    var password: String?
    var database = 0

    init(_ url: String) throws(RedisError) {
        guard let colon = url.range(ofText: "://") else { throw Self.invalid("it has no scheme") }
        let scheme = url[..<colon.lowerBound].lowercased()
        var rest = url[colon.upperBound...]
        if let fragment = rest.firstIndex(of: "#") { rest = rest[..<fragment] }
        var query: Substring = ""
        if let mark = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var authority = rest[..<slash]
        let path = rest[slash...]
        if let at = authority.lastIndex(of: "@") {
            let login = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            authority = authority[authority.index(after: at)...]
            let user = try Self.decoded(login[0])
            self.user = user.isEmpty ? nil : user
            self.password = login.count > 1 ? try Self.decoded(login[1]) : nil
            guard self.password != nil else { throw Self.invalid("it names a user without a password") }
        }
        var database: Substring = ""
        switch scheme {
        case "redis", "rediss", "valkey", "valkeys":
            self.usesTLS = scheme.hasSuffix("ss") || scheme == "valkeys"
            self.endpoint = try Self.host(authority)
            database = path.dropFirst()
        case "unix", "redis+unix", "redis-socket":
            guard authority.isEmpty, path.count > 1 else { throw Self.invalid("it has no path") }
            self.endpoint = .unix(path: try Self.decoded(path))
        default: throw Self.invalid("its scheme is \(scheme)")
        }
        for item in query.split(separator: "&") where item.hasPrefix("db=") { database = item.dropFirst(3) }
        if !database.isEmpty {
            guard let number = Int(database), number >= 0 else { throw Self.invalid("its database is no number") }
            self.database = number
        }
    }

    /// The name that a server's certificate is for.
    var host: String? {
        if case .host(let host, _) = self.endpoint { host } else { nil }
    }

    private static func host(_ authority: Substring) throws(RedisError) -> Endpoint {
        var host = authority
        var port: Substring = "6379"
        // The colons of an IPv6 address are within brackets.
        let afterAddress = authority.lastIndex(of: "]") ?? authority.startIndex
        if let colon = authority[afterAddress...].lastIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
        guard let number = UInt16(port), number > 0 else { throw self.invalid("its port is no number") }
        let name = try self.decoded(host)
        return .host(name.isEmpty ? "localhost" : name, port: Int(number))
    }

    /// Text with `%` and two hexadecimal digits for a byte.
    private static func decoded(_ text: Substring) throws(RedisError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(Substring(rest.prefix(2)), radix: 16) else {
                throw self.invalid("a percent sign is followed by no two hexadecimal digits")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw self.invalid("it is not UTF-8") }
        return decoded
    }

    /// Does not repeat the URL, which may have a password in it.
    private static func invalid(_ why: String) -> RedisError {
        RedisError(.invalidConfiguration, "the URL of Redis cannot be used: \(why)")
    }
}
