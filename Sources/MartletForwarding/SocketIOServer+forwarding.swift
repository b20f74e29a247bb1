// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Crypto
internal import MartletEngine
public import MartletEvents

extension SocketIOServer {
    /// Serves the requests of clients whose session is on another server of the cluster, so that the load balancer may
    /// send any request to any server. Call this once, after `SocketIOServer.cluster(_:configuration:)` and before the
    /// server serves, on all servers of the cluster.
    ///
    /// ```swift
    /// io.cluster(bus)
    /// try io.forwardRequests(address: "10.0.0.3:3000", secret: secret)
    /// ```
    ///
    /// A request for a session of another server is sent on to that server, and its answer comes back the same way, also
    /// as an event stream or a WebSocket. Servers prove to each other by the secret that a request was forwarded; the
    /// requests themselves travel as plain HTTP. So the network between the servers must be one that you trust, or be
    /// encrypted below HTTP.
    ///
    /// - Parameters:
    ///   - address: where the other servers reach this one, as `10.0.0.3:3000` or `[2001:db8::3]:3000`.
    ///   - secret: the same on all servers, and known to nobody else; 16 bytes at least.
    ///   - configuration: the bounds.
    /// - Throws: a `ForwardingError` when the server is not in a cluster, or forwards already, and for an address or a
    ///   secret that is not as described.
    public func forwardRequests(
        address: String,
        secret: String,
        configuration: ForwardingConfiguration = ForwardingConfiguration()
    ) throws(ForwardingError) {
        _ = try self.forwarder(address: address, secret: secret, configuration: configuration)
    }

    package func forwarder(
        address: String,
        secret: String,
        configuration: ForwardingConfiguration = ForwardingConfiguration(),
        directory settings: SessionDirectory.Configuration = SessionDirectory.Configuration()
    ) throws(ForwardingError) -> Forwarder {
        guard secret.utf8.count >= ForwardingError.shortestSecret else { throw .secretTooShort }
        let tag = NodeTag()
        guard let location = NodeLocation(address: address, tag: tag) else { throw .invalidAddress(address) }
        guard self.engine.node.forwarder == nil else { throw .alreadyForwarding }
        guard let directory = self.sessionDirectory(location, configuration: settings) else { throw .notInCluster }
        let forwarder = Forwarder(
            directory,
            trust: NodeTrust(nodeID: directory.nodeID, key: SymmetricKey(data: Array(secret.utf8))),
            configuration: configuration,
            engine: self.engine.configuration
        )
        self.engine.node.forward(by: forwarder, as: tag)
        return forwarder
    }
}

/// The bounds of forwarding.
public struct ForwardingConfiguration: Sendable {
    /// How many connections to other servers there may be. A request that would need one more is answered with 503.
    public var maxConnections = 16_384
    /// How long a connection to another server may take to open. Past this time the request is answered with 503.
    public var connectTimeout = Duration.seconds(3)

    public init() {}
}

/// Why `SocketIOServer.forwardRequests(address:secret:configuration:)` has failed.
public enum ForwardingError: Error, Hashable, CustomStringConvertible {
    /// The server is not in a cluster: call `cluster(_:configuration:)` before.
    case notInCluster
    /// The function was called before.
    case alreadyForwarding
    /// The address is not a host and a port.
    case invalidAddress(String)
    /// The secret is shorter than 16 bytes.
    case secretTooShort

    static let shortestSecret = 16

    public var description: String {
        switch self {
        case .notInCluster: "the server is not in a cluster"
        case .alreadyForwarding: "the server forwards requests already"
        case .invalidAddress(let text): "'\(text)' is not a host and a port, such as 10.0.0.3:3000"
        case .secretTooShort: "the secret has fewer than \(Self.shortestSecret) bytes"
        }
    }
}
