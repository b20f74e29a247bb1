// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import EngineIOWire
internal import HTTPTypes
internal import MartletEngine
internal import MartletEvents
internal import NIOConcurrencyHelpers
public import NIOCore
public import NIOEmbedded
internal import SocketIOWire

/// A client for tests of code that uses a ``SocketIOServer``. The client speaks the protocol in memory, on an event
/// loop whose clock the test sets.
///
/// ```swift
/// let client = try await io.testClient()
/// try await client.emit("say", Message(author: "a", text: "hello"))
/// let message: Message = try await client.next("said").decode()
/// ```
///
/// When a call that sends something returns, the server's synchronous handlers have run.
public final class TestClient: Sendable {
    /// The event loop of the connection. Its clock stands still unless ``advanceTime(by:)`` moves it.
    public let eventLoop: NIOAsyncTestingEventLoop
    let inbox = NIOLockedValueBox(Inbox())
    private let state: NIOLoopBoundBox<State?>

    struct State {
        let transport: TestTransport
        /// All messages pass through this buffer, which is overwritten after each, as a transport's buffer would be.
        var memory = ByteBuffer()
    }

    struct Inbox {
        var decoder = SocketPacketDecoder(maxAttachments: .max)
        var unread: [TestPacket] = []
        var all: [TestPacket] = []
        var isClosed = false
        var answersPings = true
        var pings = 0
        var nextAckID = 0
    }

    private init(eventLoop: NIOAsyncTestingEventLoop, state: NIOLoopBoundBox<State?>) {
        self.eventLoop = eventLoop
        self.state = state
    }

    static func open(
        _ server: SocketIOServer,
        on eventLoop: NIOAsyncTestingEventLoop,
        transport name: TransportName,
        request: HandshakeRequest
    ) async throws -> TestClient {
        let client = TestClient(
            eventLoop: eventLoop,
            state: NIOLoopBoundBox.makeBoxSendingValue(nil, eventLoop: eventLoop)
        )
        try await eventLoop.executeInContext {
            let transport = TestTransport(name: name) { [weak client] in client?.receive($0) }
            client.state.value = State(transport: transport)
            transport.open(on: server.engine.shard(on: eventLoop), request: request)
        }
        return client
    }

    /// A packet came from the server. Called on the event loop.
    private func receive(_ packet: OutboundPacket) {
        switch packet.retained() {
        case .text(let text): self.take { (decoder) throws(SocketIOError) in try decoder.text(text) }
        case .binary(let bytes): self.take { (decoder) throws(SocketIOError) in try decoder.binary(bytes) }
        case .shared(let message) where message.isBinary:
            self.take { (decoder) throws(SocketIOError) in try decoder.binary(message.payload) }
        case .shared(let message):
            self.take { (decoder) throws(SocketIOError) in try decoder.text(message.payload) }
        case .control(.ping):
            let answers = self.inbox.withLockedValue { inbox in
                inbox.pings += 1
                return inbox.answersPings
            }
            if answers { self.eventLoop.execute { self.deliver(.pong(ByteBuffer())) } }
        case .control: break
        }
    }

    private func take(_ decode: (inout SocketPacketDecoder) throws(SocketIOError) -> SocketPacket?) {
        self.inbox.withLockedValue { inbox in
            let packet: TestPacket
            do throws(SocketIOError) {
                guard let decoded = try decode(&inbox.decoder) else { return }
                packet = TestPacket(decoded)
            } catch {
                packet = TestPacket(kind: .invalid("\(error)"), namespace: "/")
            }
            inbox.unread.append(packet)
            inbox.all.append(packet)
        }
    }

    // MARK: Sending

    private func deliver(_ packet: EnginePacket) {
        guard let transport = self.state.value?.transport, let session = transport.session else { return }
        session.received(packet, from: transport)
    }

    /// Runs `body` on the event loop, then all work that it has left on the loop.
    package func onLoop<Value: Sendable>(
        _ body: @escaping @Sendable (TestTransport) throws -> Value
    ) async throws -> Value {
        let value = try await self.eventLoop.executeInContext {
            guard let transport = self.state.value?.transport else { throw TestClientError.closed }
            return try body(transport)
        }
        await self.eventLoop.run()
        return value
    }

    /// Sends one text message: a Socket.IO packet as text without the `4` of Engine.IO, such as `2["hello"]`.
    public func send(text: String) async throws {
        try await self.send(text: ByteBuffer(string: text), attachments: [])
    }

    /// Sends one binary message.
    public func send(binary: ByteBuffer) async throws {
        try await self.onLoop { _ in self.deliver(borrowed: binary, isBinary: true) }
    }

    func send(text: ByteBuffer, attachments: [ByteBuffer]) async throws {
        try await self.onLoop { _ in
            self.deliver(borrowed: text, isBinary: false)
            for attachment in attachments { self.deliver(borrowed: attachment, isBinary: true) }
        }
    }

    /// Delivers a message in a buffer that is overwritten afterwards, so that a handler which keeps a slice fails its
    /// test.
    private func deliver(borrowed message: ByteBuffer, isBinary: Bool) {
        guard var memory = self.state.value?.memory else { return }
        memory.clear()
        memory.writeImmutableBuffer(message)
        self.deliver(isBinary ? .binary(memory) : .text(memory))
        memory.withVeryUnsafeMutableBytes { bytes in
            for index in bytes.indices { bytes[index] = UInt8(ascii: "!") }
        }
        self.state.value?.memory = memory
    }

    /// Ends the connection as the loss of the network does.
    public func drop() async throws {
        try await self.onLoop { $0.drop() }
    }

    /// Runs the work that waits on the event loop, such as calls that other threads have made on a socket.
    public func run() async {
        await self.eventLoop.run()
    }

    /// Moves the clock forward, and runs the timeouts and pings that become due.
    public func advanceTime(by duration: Duration) async {
        await self.eventLoop.advanceTime(by: TimeAmount(duration))
        await self.eventLoop.run()
    }

    /// Whether the server has closed the connection.
    public func isClosed() async throws -> Bool {
        try await self.onLoop { $0.closeReason != nil }
    }
}
