// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import NIOCore

/// A lossless session as it travels to another server: what its client has to find there, and nothing more.
///
/// It comes from outside, so it is checked where it is adopted.
package struct SessionSnapshot: Codable, Sendable {
    /// The text of the id, which its client knows.
    package let id: String
    let transport: String
    let request: RequestSnapshot
    let delivery: DeliverySnapshot

    /// How many bytes the session's messages take.
    package var byteCount: Int { self.delivery.messages.readableBytes }
}

/// A snapshot that no server of this version has made, or that this server does not take.
package enum InvalidSnapshot: Error {
    /// The id is none, or a session of this id is here already.
    case id
    case transport
    /// The counts contradict each other or the messages.
    case counts
    case messages
    /// More bytes than a session may keep.
    case tooLarge
    /// This server has no lossless sessions.
    case notOffered
}

/// The request that opened a session.
struct RequestSnapshot: Codable, Sendable {
    private let head: HTTPRequest
    private let address: String?
    private let port: UInt16?
    private let isSecure: Bool
    private let identity: String?

    init(_ request: HandshakeRequest) {
        self.head = request.head
        self.address = request.remoteAddress?.ipAddress
        self.port = request.remoteAddress?.port.flatMap(UInt16.init(exactly:))
        self.isSecure = request.isSecure
        self.identity = request.identity
    }

    var request: HandshakeRequest {
        let address = self.address.flatMap { try? SocketAddress(ipAddress: $0, port: Int(self.port ?? 0)) }
        var request = HandshakeRequest(head: self.head, remoteAddress: address, isSecure: self.isSecure)
        request.identity = self.identity
        return request
    }
}

/// The messages and counts of a session; see ``DeliveryStateMachine``.
struct DeliverySnapshot: Codable, Sendable {
    var received: Int
    var forgotten: Int
    var acknowledged: Int
    var sent: Int
    var attach: Int
    /// The messages that are kept, in order. Each is four bytes, twice its length plus one if it is binary, and then its
    /// payload.
    var messages: ByteBuffer
}
