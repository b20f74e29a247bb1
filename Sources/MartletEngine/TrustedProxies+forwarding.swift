// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Reads `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host`, which every proxy writes though no standard
/// describes them, and the host in `Forwarded`.
extension TrustedProxies {
    /// The client's address, and whether the client's connection is encrypted, as far as known.
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

    /// The hosts to which the request was sent on its way here, as far as a trusted proxy names them. With several
    /// proxies in a row, each may add the host that it saw; the host that the browser used is one of them.
    /// - Parameters:
    ///   - peer: where the connection comes from.
    ///   - field: returns all lines of a header field, joined into one list.
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

    /// The last address in the list that is not a trusted proxy's; if all are, the first address.
    ///
    /// A malformed element ends the search: the request cannot be traced past the proxy that wrote the element, so that
    /// proxy counts as the client.
    private func client(in list: ForwardedElements) -> SocketAddress? {
        var client: ForwardedAddress?
        for element in list.prefix(Self.maxHops) {
            guard let address = ForwardedAddress(element) else { break }
            client = address
            guard self.contains(address.host) else { break }
        }
        return client.flatMap { $0.host.socketAddress(port: $0.port) }
    }

    /// The last scheme was added by the nearest proxy; the client may have written the others.
    private static func isHTTPS(_ list: ForwardedElements) -> Bool {
        list.first { _ in true }?.lowercased() == "https"
    }

    /// How many elements are read at most: a client can write a list of thousands.
    static let maxHops = 32
}
