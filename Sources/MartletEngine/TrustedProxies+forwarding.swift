// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Reads `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host`, which no standard describes, but every proxy
/// writes; and the host in `Forwarded`.
extension TrustedProxies {
    /// Where a request comes from, and whether it was encrypted there, as far as that can be known.
    struct Origin {
        var address: SocketAddress?
        var isSecure: Bool
    }

    /// - Parameters:
    ///   - peer: where the connection comes from.
    ///   - isSecure: whether the connection itself is encrypted.
    func origin(
        of fields: [(name: String, value: String)],
        peer: SocketAddress?,
        isSecure: Bool
    ) -> Origin {
        guard !self.isEmpty, let peer, let host = IPAddress(peer), self.contains(host) else {
            return Origin(address: peer, isSecure: isSecure)
        }
        return Origin(
            address: Self.list("x-forwarded-for", in: fields).flatMap(self.client) ?? peer,
            isSecure: Self.list("x-forwarded-proto", in: fields).map(Self.isHTTPS) ?? isSecure
        )
    }

    /// The hosts that a request was sent to before it came here, as far as a trusted proxy tells. With several proxies in
    /// a row each may name what it saw; the browser's is one of them.
    /// - Parameters:
    ///   - peer: where the connection comes from.
    ///   - field: a field's lines as one list.
    package func forwardedHosts(from peer: SocketAddress?, field: (String) -> String?) -> [Substring] {
        guard !self.isEmpty, let peer, let host = IPAddress(peer), self.contains(host) else { return [] }
        var hosts: [Substring] = []
        if let list = field("X-Forwarded-Host") {
            hosts += list.split(separator: ",").map { $0.trimmingBlanks() }
        }
        if let list = field("Forwarded") {
            hosts += ForwardedParameters(list).filter { $0.name == "host" }.map(\.value)
        }
        return Array(hosts.lazy.filter { !$0.isEmpty }.prefix(Self.maxHops))
    }

    /// The lines of a field are one list (RFC 9110, 5.3).
    private static func list(
        _ name: String,
        in fields: [(name: String, value: String)]
    ) -> ForwardedElements? {
        let values = fields.filter { $0.name.lowercased() == name }.map(\.value)
        return values.isEmpty ? nil : ForwardedElements(values.joined(separator: ", "))
    }

    /// The last address that is not a trusted proxy's; if all are, the first.
    ///
    /// An element that is no address ends the list: nobody can tell what it stands for, so the proxy that wrote it is as
    /// far as the request can be traced.
    private func client(in list: ForwardedElements) -> SocketAddress? {
        var client: ForwardedAddress?
        for element in list.prefix(Self.maxHops) {
            guard let address = ForwardedAddress(element) else { break }
            client = address
            guard self.contains(address.host) else { break }
        }
        return client.flatMap { $0.host.socketAddress(port: $0.port) }
    }

    /// The last scheme is the nearest proxy's; those before it may be what the client wrote.
    private static func isHTTPS(_ list: ForwardedElements) -> Bool {
        list.first { _ in true }?.lowercased() == "https"
    }

    /// How many proxies in a row are believed: anybody may write that a request came through thousands of them.
    static let maxHops = 32
}
