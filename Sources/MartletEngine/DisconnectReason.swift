// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Why a connection, or a socket of one namespace, ended.
///
/// The raw values are the reasons in the `disconnect` event of Socket.IO's server.
public struct DisconnectReason: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String
    /// What is known beyond the reason, for a log: the code of the client's close frame, what broke the protocol. Two
    /// reasons are equal whatever their details.
    public private(set) var details: String?

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    package func with(details: String?) -> DisconnectReason {
        var reason = self
        reason.details = details
        return reason
    }

    public static func == (left: DisconnectReason, right: DisconnectReason) -> Bool {
        left.rawValue == right.rawValue
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(self.rawValue) }

    public var description: String { self.rawValue }

    /// The peer did not answer a ping in time.
    public static let pingTimeout = DisconnectReason(rawValue: "ping timeout")
    /// The peer closed the connection, or it was lost.
    public static let transportClose = DisconnectReason(rawValue: "transport close")
    /// The connection failed, or broke the transport's protocol.
    public static let transportError = DisconnectReason(rawValue: "transport error")
    /// The client read too slowly: more bytes waited for it than ``EngineIOConfiguration/unsentLimit``. A WebSocket is
    /// closed with the code 1008.
    public static let slowConsumer = DisconnectReason(rawValue: "slow consumer")
    /// The peer sent something that is not a packet.
    public static let parseError = DisconnectReason(rawValue: "parse error")
    /// The server closed the connection, for a reason above the transport.
    public static let forcedClose = DisconnectReason(rawValue: "forced close")
    /// The server is going down.
    public static let serverShuttingDown = DisconnectReason(rawValue: "server shutting down")
    /// The server closed the connection because the client had not joined a namespace in time.
    public static let forcedServerClose = DisconnectReason(rawValue: "forced server close")
    /// The client left the namespace.
    public static let clientNamespaceDisconnect = DisconnectReason(rawValue: "client namespace disconnect")
    /// The server made the socket leave the namespace.
    public static let serverNamespaceDisconnect = DisconnectReason(rawValue: "server namespace disconnect")
    /// The client's credentials came to their end, and were not renewed.
    public static let credentialsExpired = DisconnectReason(rawValue: "credentials expired")
}
