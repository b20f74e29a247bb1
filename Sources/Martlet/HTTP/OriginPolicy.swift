// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import MartletEngine
internal import NIOCore

/// Decides which web pages may use an endpoint: pages of its own origin, and pages of the origins in its configuration.
struct OriginPolicy: Sendable {
    let cors: CORSConfiguration?
    let trustedProxies: TrustedProxies
    private let refusals = OriginRefusalLog()

    init(cors: CORSConfiguration?, trustedProxies: TrustedProxies = .none) {
        self.cors = cors
        self.trustedProxies = trustedProxies
    }

    /// Whether a request may use a session or a WebSocket. Browsers let any page try; only the server can refuse.
    /// - Parameters:
    ///   - peer: where the connection comes from.
    ///   - logs: whether a refusal is logged.
    func allows(_ head: RequestHead, from peer: SocketAddress?, logs: Bool = true) -> Bool {
        guard let origin = head.origin else { return true }  // not from a browser
        if self.lists(origin) || Self.isSameOrigin(origin, host: head.host) { return true }
        let forwarded = self.trustedProxies.forwardedHosts(from: peer) { head.joined($0) }
        if forwarded.contains(where: { Self.isSameOrigin(origin, host: String($0)) }) { return true }
        if logs { self.refusals.note(origin: origin, host: head.host, forwardedHosts: forwarded) }
        return false
    }

    private func lists(_ origin: String) -> Bool {
        switch self.cors?.allowedOrigins {
        case .any: true
        case .only(let origins): origins.contains(origin)
        case .matching(let isAllowed): isAllowed(origin)
        case nil: false
        }
    }

    /// Compares an `Origin` with the `Host` of the request. The scheme is not compared, since a proxy may have removed
    /// the encryption. The port is compared only if `Host` has one, since nginx's `$host` drops it.
    static func isSameOrigin(_ origin: String, host: String?) -> Bool {
        guard let host, let (scheme, originHost, originPort) = Self.parse(origin) else { return false }
        let (name, port) = Self.split(host)
        guard originHost.lowercased() == name.lowercased() else { return false }
        guard let port else { return true }
        return port == (originPort ?? (scheme == "https" ? "443" : "80"))
    }

    private static func parse(_ origin: String) -> (scheme: Substring, host: Substring, port: Substring?)? {
        guard let colon = origin.firstIndex(of: ":") else { return nil }
        let rest = origin[colon...]
        guard rest.hasPrefix("://") else { return nil }
        let (host, port) = Self.split(rest.dropFirst(3))
        return host.isEmpty ? nil : (origin[..<colon], host, port)
    }

    /// Splits `host:port`, where the host may be an IPv6 address in brackets.
    private static func split(_ authority: some StringProtocol) -> (host: Substring, port: Substring?) {
        let authority = Substring(authority)
        let afterAddress = authority.lastIndex(of: "]") ?? authority.startIndex
        guard let colon = authority[afterAddress...].lastIndex(of: ":") else { return (authority, nil) }
        return (authority[..<colon], authority[authority.index(after: colon)...])
    }

    // MARK: The Fetch standard's CORS protocol

    /// The header fields that let a foreign page read an answer.
    func fields(for head: RequestHead) -> HTTPFields {
        guard let cors = self.cors else { return [:] }
        var fields = HTTPFields()
        // `*` is not valid together with credentials. With `*` the answer does not depend on the origin, and needs no
        // `Vary`.
        let isWildcard = cors.allowedOrigins.isAny && !cors.allowsCredentials
        if !isWildcard { fields[.vary] = "Origin" }
        guard let origin = head.origin, self.lists(origin) else { return fields }
        fields[.accessControlAllowOrigin] = isWildcard ? "*" : origin
        if cors.allowsCredentials { fields[.accessControlAllowCredentials] = "true" }
        return fields
    }

    /// Whether a request is a preflight request, which asks what a later request may do.
    func isPreflight(_ head: RequestHead) -> Bool {
        self.cors != nil && head.method == .options
    }

    /// The header fields of the answer to a preflight request, besides those that every answer has.
    func preflightFields(for head: RequestHead) -> HTTPFields {
        guard let cors = self.cors else { return [:] }
        var fields = HTTPFields()
        fields[.accessControlAllowMethods] = "GET,POST"
        if let headers = cors.allowedHeaders {
            fields[.accessControlAllowHeaders] = headers.joined(separator: ",")
        } else if let asked = head.joined("Access-Control-Request-Headers") {
            fields[.accessControlAllowHeaders] = asked
            fields[.vary] = "Access-Control-Request-Headers"
        }
        if let maxAge = cors.maxAge { fields[.accessControlMaxAge] = String(maxAge.components.seconds) }
        return fields
    }
}
