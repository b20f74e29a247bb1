// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import HTTPTypes
internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore

/// All that a server tells of one of its sockets; it may be sent to other servers of a cluster.
package struct SocketDescription: Codable, Sendable {
    package let id: String
    package let rooms: Set<String>
    package let data: [String: SocketArgument]
    private let auth: SocketArgument
    private let head: HTTPRequest
    private let address: String?
    private let port: UInt16?
    private let isSecure: Bool
    private let joinedAt: Duration

    init(_ socket: Socket) {
        let handshake = socket.handshake
        self.id = socket.id
        self.rooms = socket.rooms
        self.data = socket.data.encoded()
        self.auth = handshake.auth
        self.head = handshake.request.head
        self.address = handshake.address?.ipAddress
        self.port = handshake.address?.port.flatMap(UInt16.init(exactly:))
        self.isSecure = handshake.secure
        self.joinedAt = handshake.time
    }

    /// Describes a socket of another kind of server.
    /// - Parameters:
    ///   - rooms: by their stored names.
    ///   - joinedAt: time since 1970.
    package init(
        id: String,
        rooms: Set<String>,
        data: [String: SocketArgument],
        auth: SocketArgument,
        head: HTTPRequest,
        address: String?,
        isSecure: Bool,
        joinedAt: Duration
    ) {
        self.id = id
        self.rooms = rooms
        self.data = data
        self.auth = auth
        self.head = head
        self.address = address
        self.port = nil
        self.isSecure = isSecure
        self.joinedAt = joinedAt
    }

    package var handshake: SocketHandshake {
        let address = self.address.flatMap { try? SocketAddress(ipAddress: $0, port: Int(self.port ?? 0)) }
        let request = HandshakeRequest(head: self.head, remoteAddress: address, isSecure: self.isSecure)
        return SocketHandshake(auth: self.auth, request: request, time: self.joinedAt)
    }
}

extension SocketData {
    /// The values that can be encoded. Calls the values' own code, so it is called without the lock.
    func encoded() -> [String: SocketArgument] {
        let values = self.socket.shard.lock.withLock { self.socket.storage }
        return values.compactMapValues { value in
            guard let value = value as? any Encodable else { return nil }
            do {
                return try SocketArgument(encoding: value, using: self.socket.core.configuration.coder)
            } catch {
                self.socket.core.report(HandlerFailure(error: error, socket: self.socket, event: nil))
                return nil
            }
        }
    }
}
