// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
public import HTTPTypes
public import NIOCore

/// An HTTP request of a client, such as the one that opened a session.
public struct HandshakeRequest: Sendable {
    private let compactHead: CompactRequestHead
    /// The client's address: where the connection comes from or, if that is one of the ``TrustedProxies``, the address
    /// that the proxy names, with port 0 when the proxy names no port. `nil` when the channel has no address.
    public let remoteAddress: SocketAddress?
    /// Whether the client's connection is encrypted, as far as this process can tell or a trusted proxy says.
    public let isSecure: Bool
    /// Who makes the request, as ``EngineIOConfiguration/sessionIdentity`` has said; `nil` if it says nobody, was not
    /// asked about this request, or is not set.
    public package(set) var identity: String?

    /// - Parameters:
    ///   - authority: the value of `Host`, which is not among the fields.
    ///   - remoteAddress: where the connection comes from.
    ///   - isSecure: whether the connection itself is encrypted.
    package init(
        method: HTTPRequest.Method,
        scheme: String?,
        authority: String?,
        target: String?,
        fields: [(name: String, value: String)],
        remoteAddress: SocketAddress?,
        isSecure: Bool,
        trusting proxies: TrustedProxies = .none
    ) {
        self.compactHead = CompactRequestHead(
            method: method.rawValue,
            scheme: scheme,
            authority: authority,
            path: target,
            fields: fields
        )
        let origin = proxies.origin(of: fields, peer: remoteAddress, isSecure: isSecure)
        self.remoteAddress = origin.address
        self.isSecure = origin.isSecure
    }

    package init(
        head: HTTPRequest,
        remoteAddress: SocketAddress?,
        isSecure: Bool,
        trusting proxies: TrustedProxies = .none
    ) {
        self.init(
            method: head.method,
            scheme: head.scheme,
            authority: head.authority,
            target: head.path,
            fields: head.headerFields.map { ($0.name.rawName, $0.value) },
            remoteAddress: remoteAddress,
            isSecure: isSecure,
            trusting: proxies
        )
    }

    /// The request's head: method, target and header fields. Each access builds the value anew.
    public var head: HTTPRequest { self.compactHead.head }

    /// The target of the request: path and query.
    public var target: String { self.compactHead.path ?? "" }

    /// The parameters of the target's query, decoded. If a name occurs several times, the last value counts.
    public var query: [String: String] {
        let pairs = EngineQuery(target: self.target).pairs
        return Dictionary(pairs.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
    }
}

extension HandshakeRequest: CustomStringConvertible {
    /// Method, path and address: no query, no header fields and no ``identity``, which may be secrets.
    public var description: String {
        let path = self.target.prefix { $0 != "?" }
        let address = self.remoteAddress.map { " from \($0)" } ?? ""
        return "\(self.head.method) \(path.prefix(100))\(address)"
    }
}
