// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
public import HTTPTypes
public import NIOCore

/// The HTTP request that opened a session.
public struct HandshakeRequest: Sendable {
    private let compactHead: CompactRequestHead
    /// Where the connection came from; `nil` where the channel has no address.
    public let remoteAddress: SocketAddress?
    /// Whether the connection was encrypted as far as this process can tell.
    public let isSecure: Bool

    package init(head: HTTPRequest, remoteAddress: SocketAddress?, isSecure: Bool) {
        self.compactHead = CompactRequestHead(head)
        self.remoteAddress = remoteAddress
        self.isSecure = isSecure
    }

    /// The request's head: method, target and header fields. It is put together each time that it is asked for.
    public var head: HTTPRequest { self.compactHead.head }

    /// The target of the request: path and query.
    public var target: String { self.compactHead.path ?? "" }

    /// The parameters of the target, decoded. Of several with one name the last one counts.
    public var query: [String: String] {
        let pairs = EngineQuery(target: self.target).pairs
        return Dictionary(pairs.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
    }
}
