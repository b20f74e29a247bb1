// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletClientEngine
public import MartletEngine
public import NIOCore

/// The client of one Socket.IO server: Martlet, or any other that speaks Socket.IO's protocol 5. Its sockets, one for each
/// namespace, share one connection.
///
/// ```swift
/// let client = try SocketIOClient("https://example.com")
/// let socket = client.socket("/chat")
/// socket.on(Chat.said) { message in print(message) }
/// try await socket.connect()
/// socket.emit(Chat.say, "hello")
/// ```
///
/// A connection that is lost is opened again, after delays that grow. The client lives until ``close()``; one that is not
/// closed, as long as a socket of it is connected, or wants to be.
public final class SocketIOClient: Sendable {
    let manager: ClientManager
    private let namespace: String

    /// - Parameters:
    ///   - address: `http(s)://` or `ws(s)://`, a host, a port, the default namespace as the path, and a query that goes
    ///     with every request.
    ///   - configuration: the settings.
    ///   - eventLoopGroup: the client lives on one of its event loops: SwiftNIO's, or on Apple platforms those of
    ///     NIOTransportServices. nil: those of the process, on Apple platforms NIOTransportServices'.
    /// - Throws: for an address that is none; the description says what is wrong.
    public init(
        _ address: String,
        configuration: SocketIOClientConfiguration = SocketIOClientConfiguration(),
        eventLoopGroup: (any EventLoopGroup)? = nil
    ) throws(ConnectionFailed) {
        do throws(ClientError) {
            let server = try ServerAddress(address, path: configuration.path)
            self.namespace = server.namespace
            self.manager = ClientManager(server, configuration, (eventLoopGroup ?? ClientEventLoops.shared).next())
        } catch {
            throw ConnectionFailed(reason: nil, description: error.description)
        }
    }

    deinit {
        let manager = self.manager
        // A client that was closed has none, and perhaps no event loop any more.
        if manager.hasSockets { manager.onLoop { manager.orphaned() } }
    }

    /// The socket of a namespace. It is not connected until ``ClientSocket/connect()``.
    /// - Parameters:
    ///   - namespace: nil: that of the address, `/` by default.
    ///   - auth: asked at each connection for the authentication data, an object. Of several calls for one namespace the
    ///     first counts.
    public func socket(
        _ namespace: String? = nil,
        auth: (@Sendable () async throws -> any Encodable & Sendable)? = nil
    ) -> ClientSocket {
        let name = namespace ?? self.namespace
        return self.manager.socket(name.hasPrefix("/") ? name : "/" + name, auth)
    }

    /// The transport in use; nil while there is none.
    public var transport: TransportName? {
        get async {
            await withCheckedContinuation { continuation in
                self.manager.onLoop { continuation.resume(returning: self.manager.openSession?.transport) }
            }
        }
    }

    /// The device has another network now, or has slept: call this when `NWPathMonitor` or the system says so.
    ///
    /// A lossless session moves to a new connection at once. Without one, a WebSocket is tested: if the server does not
    /// answer within four seconds, another connection is opened; on the other transports, one is opened at once. A delay
    /// before the next attempt to connect ends, and an attempt under way begins anew.
    public func networkChanged() {
        self.manager.onLoop { self.manager.networkChanged() }
    }

    /// Moves the lossless session to another transport, and prefers that one from now on; no message is lost.
    ///
    /// Only a lossless session can move. With ``SocketIOClientConfiguration/isLossless`` off, and with other servers than
    /// Martlet, the connection keeps its transport: set ``SocketIOClientConfiguration/transports`` instead.
    /// - Throws: ``TransportUnavailable`` when the transport cannot be opened, or the session is not lossless: it stays on
    ///   its transport, and goes on there. The same when there is no connection.
    public func switchTransport(to transport: TransportName) async throws(TransportUnavailable) {
        do {
            try await self.manager.eventLoop.flatSubmit { self.manager.switchTransport(to: transport) }.get()
        } catch {
            throw TransportUnavailable(
                transport: transport, description: "\((error as? ClientError)?.message ?? "\(error)")")
        }
    }

    /// Calls a function with each error that no call can throw: of handlers, of events that could not be sent, and, as
    /// ``ConnectionFailed``, of each attempt to connect that fails while others follow.
    public func onError(_ handler: @escaping @Sendable (any Error) -> Void) {
        self.manager.onLoop { self.manager.onError = handler }
    }

    /// Disconnects all sockets for good, and waits until the connection is closed. What was sent before still goes out.
    public func close() async {
        await withCheckedContinuation { continuation in
            self.manager.onLoop { self.manager.close { continuation.resume() } }
        }
    }
}

/// There is no connection, and none is tried any more.
public struct ConnectionFailed: Error, CustomStringConvertible {
    /// Why the last connection ended; nil if there was none.
    public let reason: DisconnectReason?
    /// What has happened, and what can be done about it.
    public let description: String
}

/// The connection could not move to another transport; see ``SocketIOClient/switchTransport(to:)``.
public struct TransportUnavailable: Error, CustomStringConvertible {
    /// The transport that was asked for.
    public let transport: TransportName
    /// What has happened, and on which transport the connection is now.
    public let description: String
}

/// An event was not sent: more than ``SocketIOClientConfiguration/maxUnsentBytes`` wait already.
public struct SendBufferFull: Error, CustomStringConvertible {
    public let event: String
    public var description: String { "'\(self.event)' was not sent: the send buffer is full" }
}

extension DisconnectReason {
    /// The server has made the client leave the namespace. The client does not come back by itself.
    public static let ioServerDisconnect = DisconnectReason(rawValue: "io server disconnect")
    /// The client has left the namespace.
    public static let ioClientDisconnect = DisconnectReason(rawValue: "io client disconnect")
}
