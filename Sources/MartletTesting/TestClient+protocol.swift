// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
public import HTTPTypes
public import MartletEngine
public import MartletEvents
internal import NIOConcurrencyHelpers
internal import NIOCore
public import NIOEmbedded
internal import SocketIOWire

/// Why a ``TestClient`` could not go on.
public enum TestClientError: Error, Equatable {
    /// The namespace was not joined; the text is the error's JSON.
    case refused(String)
    /// The server closed the connection.
    case closed
    /// The awaited packet did not come. The text lists the packets that did.
    case nothingCame(String)
}

extension SocketIOServer {
    /// Opens a connection and joins a namespace.
    /// - Parameters:
    ///   - auth: the authentication data.
    ///   - fields: header fields of the client's request, such as `Cookie` or `Authorization`.
    ///   - query: parameters of the request's query, besides those of the protocol; not yet encoded.
    ///   - eventLoop: the event loop of the connection. Two clients may share one, or have one each.
    /// - Throws: ``TestClientError/refused(_:)`` when the server refuses the client.
    public func testClient(
        namespace: String = "/",
        auth: (any Encodable & Sendable)? = nil,
        fields: HTTPFields = [:],
        query: [String: String] = [:],
        on eventLoop: NIOAsyncTestingEventLoop = NIOAsyncTestingEventLoop(),
        transport: TransportName = .websocket
    ) async throws -> TestClient {
        let client = try await self.testConnection(
            fields: fields, query: query, on: eventLoop, transport: transport)
        try await client.join(namespace, auth: auth)
        return client
    }

    /// Opens a connection that has not joined a namespace; see
    /// ``testClient(namespace:auth:fields:query:on:transport:)``.
    public func testConnection(
        fields: HTTPFields = [:],
        query: [String: String] = [:],
        on eventLoop: NIOAsyncTestingEventLoop = NIOAsyncTestingEventLoop(),
        transport: TransportName = .websocket
    ) async throws -> TestClient {
        var target = "\(self.configuration.path)?EIO=4&transport=\(transport)"
        for (name, value) in query.sorted(by: { $0.key < $1.key }) {
            target += "&\(EngineQuery.encoded(name))=\(EngineQuery.encoded(value))"
        }
        let request = HandshakeRequest(
            head: HTTPRequest(
                method: .get, scheme: "http", authority: "localhost", path: target, headerFields: fields),
            remoteAddress: nil,
            isSecure: false
        )
        return try await TestClient.open(self, on: eventLoop, transport: transport, request: request)
    }
}

extension TestClient {
    /// Joins a namespace.
    /// - Returns: the socket's id.
    @discardableResult
    public func join(_ namespace: String = "/", auth: (any Encodable & Sendable)? = nil) async throws -> String {
        var text = ByteBuffer()
        let json = try auth.map { try SocketArgument(encoding: $0).json }
        SocketPacketWriter.writeConnect(namespace: namespace, auth: json, into: &text)
        try await self.send(text: text, attachments: [])
        let answer = try await self.next { packet in
            guard packet.namespace == namespace else { return false }
            switch packet.kind {
            case .connected, .refused: return true
            default: return false
            }
        }
        switch answer.kind {
        case .connected(let id): return id
        case .refused(let error): throw TestClientError.refused(error)
        default: throw TestClientError.closed
        }
    }

    /// Leaves a namespace.
    public func leave(_ namespace: String = "/") async throws {
        var text = ByteBuffer()
        SocketPacketWriter.writeDisconnect(namespace: namespace, into: &text)
        try await self.send(text: text, attachments: [])
    }

    /// Sends an event.
    public func emit<each Argument: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument,
        namespace: String = "/"
    ) async throws {
        let packet = try TestPacketWriter.event(event.name, nil, namespace, repeat each arguments)
        try await self.send(text: packet.text, attachments: packet.attachments)
    }

    /// Sends an event and waits for its acknowledgement.
    public func emitWithAck<each Argument: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument,
        namespace: String = "/"
    ) async throws -> SocketArguments {
        let id = self.inbox.withLockedValue { inbox in
            defer { inbox.nextAckID += 1 }
            return inbox.nextAckID
        }
        let packet = try TestPacketWriter.event(event.name, id, namespace, repeat each arguments)
        try await self.send(text: packet.text, attachments: packet.attachments)
        return try await self.next { $0.kind == .acknowledgement(id) && $0.namespace == namespace }.arguments
    }

    /// Acknowledges an event, if the server waits for its acknowledgement.
    public func acknowledge<each Argument: Encodable & Sendable>(
        _ event: TestPacket,
        with arguments: repeat each Argument
    ) async throws {
        guard let id = event.acknowledgementID else { return }
        let packet = try TestPacketWriter.ack(id, event.namespace, repeat each arguments)
        try await self.send(text: packet.text, attachments: packet.attachments)
    }

    // MARK: Receiving

    /// All packets received so far, read or not.
    public var received: [TestPacket] { self.inbox.withLockedValue { $0.all } }

    /// Whether the client answers pings; true by default.
    public var answersPings: Bool {
        get { self.inbox.withLockedValue { $0.answersPings } }
        set { self.inbox.withLockedValue { $0.answersPings = newValue } }
    }

    /// The next unread event of this name. Waits until there is one.
    public func next(_ event: String) async throws -> TestPacket {
        try await self.next { $0.isEvent(event) }
    }

    /// The next unread packet for which `isWanted` returns true. Waits until there is one, for at most twenty seconds
    /// of real time.
    public func next(where isWanted: @Sendable (TestPacket) -> Bool) async throws -> TestPacket {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(20)
        while true {
            let found = self.inbox.withLockedValue { inbox in
                inbox.unread.firstIndex(where: isWanted).map { inbox.unread.remove(at: $0) }
            }
            if let found { return found }
            if clock.now > deadline { throw TestClientError.nothingCame("\(self.received)") }
            // Handlers may still be running on other threads, or have posted work to the loop.
            await self.eventLoop.run()
            await Task.yield()
        }
    }
}
