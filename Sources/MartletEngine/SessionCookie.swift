// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// A cookie with the session's id, which the answer to a handshake on HTTP sets: for proxies that tell by a cookie which
/// server a session is on. Martlet itself does not read it.
///
/// The attributes are those of RFC 6265, 4.1.
public struct SessionCookie: Sendable {
    /// On which requests from pages of other sites a browser sends the cookie.
    public enum SameSite: String, Sendable {
        case strict = "Strict"
        case lax = "Lax"
        /// On all; browsers want the cookie to be `secure` then.
        case none = "None"
    }

    /// A cookie that browsers would not take as it is meant.
    public struct InvalidAttribute: Error, CustomStringConvertible {
        public let description: String
    }

    private let name: String
    /// All that follows the value.
    private let attributes: String

    /// - Parameters:
    ///   - name: the cookie's name, a token (RFC 9110, 5.6.2).
    ///   - path: the requests that carry the cookie: those under this path; `nil`: under the server's.
    ///   - domain: the hosts that get the cookie, with all below; `nil`: only the server's.
    ///   - maxAge: how long the browser keeps the cookie, in whole seconds; `nil`: until it is closed.
    ///   - httpOnly: whether the page's scripts cannot read the cookie.
    ///   - secure: whether the cookie is sent by HTTPS only.
    ///   - sameSite: when pages of other sites send it; `nil`: as the browser decides.
    ///   - partitioned: whether each site that embeds the server's pages has a cookie of its own.
    /// - Throws: ``InvalidAttribute`` for a value that cannot be in a cookie, and for a cookie that is `partitioned` or
    ///   for all sites but not `secure`, which browsers refuse.
    public init(
        name: String = "io",
        path: String? = "/",
        domain: String? = nil,
        maxAge: Duration? = nil,
        httpOnly: Bool = true,
        secure: Bool = false,
        sameSite: SameSite? = .lax,
        partitioned: Bool = false
    ) throws(InvalidAttribute) {
        guard !name.isEmpty, name.utf8.allSatisfy(Self.isTokenByte) else {
            throw InvalidAttribute(description: "'\(name)' cannot be a cookie's name")
        }
        for value in [path, domain].compactMap(\.self) where !value.utf8.allSatisfy(Self.isAttributeByte) {
            throw InvalidAttribute(description: "'\(value)' cannot be in a cookie")
        }
        guard secure || (sameSite != SameSite.none && !partitioned) else {
            throw InvalidAttribute(description: "a cookie for other sites' pages must be secure")
        }
        var attributes = ""
        if let maxAge { attributes += "; Max-Age=\(maxAge.components.seconds)" }
        if let domain { attributes += "; Domain=\(domain)" }
        if let path { attributes += "; Path=\(path)" }
        if httpOnly { attributes += "; HttpOnly" }
        if secure { attributes += "; Secure" }
        if partitioned { attributes += "; Partitioned" }
        if let sameSite { attributes += "; SameSite=\(sameSite.rawValue)" }
        self.name = name
        self.attributes = attributes
    }

    /// The value of `Set-Cookie`.
    package func field(for id: SessionID) -> String {
        "\(self.name)=\(id)\(self.attributes)"
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// RFC 6265, 4.1.1: any character but control characters and `;`.
    private static func isAttributeByte(_ byte: UInt8) -> Bool {
        0x20...0x7e ~= byte && byte != UInt8(ascii: ";")
    }
}
