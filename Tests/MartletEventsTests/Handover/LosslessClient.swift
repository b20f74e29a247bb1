// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletEngine
import MartletTestSupport
import NIOConcurrencyHelpers
import NIOCore
import SocketIOWire

@testable import MartletEvents

/// A client of lossless sessions that attaches again wherever its session is. It speaks to the sessions in memory, on
/// the event loops of the servers.
///
/// `@unchecked Sendable`: the state is used under the lock.
final class LosslessClient: @unchecked Sendable {
    struct State {
        var id: SessionID?
        var transport: ClientTransport?
        var received = 0
        var attachNumber = 0
        /// All messages that it has sent.
        var up: [RawMessage] = []
        /// How many of them the transport has been given.
        var given = 0
        var decoder = SocketPacketDecoder(maxAttachments: .max)
        var packets: [SocketPacket] = []
        var eventCount = 0
        var answerCount = 0
        var attaches = 0
        var faults: [String] = []
        var isEnded = false
    }

    private let servers: [SocketIOServer]
    private let eventLoop: any EventLoop
    private let state = NIOLockedValueBox(State())

    /// Opens a session.
    init(_ server: Int, of servers: [SocketIOServer], on eventLoop: any EventLoop) async throws {
        self.servers = servers
        self.eventLoop = eventLoop
        let shard = servers[server].engine.shard(on: eventLoop)
        try await eventLoop.submit {
            let transport = ClientTransport(self, on: shard)
            shard.open(on: transport, request: .test, wantsResume: true)
        }.get()
    }

    func withState<Value>(_ body: (inout State) -> Value) -> Value { self.state.withLockedValue(body) }

    var packets: [SocketPacket] { self.withState { $0.packets } }
    var eventCount: Int { self.withState { $0.eventCount } }
    var answerCount: Int { self.withState { $0.answerCount } }
    var faults: [String] { self.withState { $0.faults } }
    var isEnded: Bool { self.withState { $0.isEnded } }
    var attachCount: Int { self.withState { $0.attaches } }

    /// The events received: name and arguments.
    var events: [String] {
        self.packets.compactMap { packet in
            guard let name = packet.eventName else { return nil }
            return "\(name.string)(\(SocketArguments(packet)))"
        }
    }

    /// The events received, without the place in a journal that is each one's last argument.
    var plainEvents: [String] {
        self.packets.compactMap { packet in
            guard let name = packet.eventName else { return nil }
            let arguments = SocketArguments(packet).elements.dropLast().map(\.description)
            return "\(name.string)(\(arguments.joined(separator: ",")))"
        }
    }

    /// The places of the events in the journal.
    var offsets: [JournalOffset] {
        self.packets.compactMap { packet in
            guard packet.eventName != nil else { return nil }
            let last = SocketArguments(packet).elements.last
            return try? last?.decode(as: JournalOffset.self)
        }
    }

    /// The answers received: id and arguments.
    var answers: [String] {
        self.packets.compactMap { packet in
            guard packet.type == .ack || packet.type == .binaryAck, let id = packet.ackID else { return nil }
            return "\(id)(\(SocketArguments(packet)))"
        }
    }

    func wait(_ what: String = "", until condition: @escaping @Sendable (LosslessClient) -> Bool) async throws {
        do {
            try await eventually(what) { condition(self) }
        } catch {
            throw NothingHappened(what: "\(what): \(self.events) \(self.answers)")
        }
    }

    /// - Returns: the id of the socket.
    func join(_ namespace: String = "/") async throws -> String { try await self.connect(namespace).sid }

    /// What the server says to a client that has joined.
    struct Connected: Decodable {
        let sid: String
        /// The secret name of its session.
        let pid: String?
    }

    /// - Parameter auth: in JSON.
    func connect(_ namespace: String = "/", auth: String = "") async throws -> Connected {
        self.send((namespace == "/" ? "0" : "0\(namespace),") + auth)
        @Sendable func answer(_ client: LosslessClient) -> SocketPacket? {
            client.packets.first { $0.type == .connect && $0.namespace == namespace }
        }
        try await self.wait("join") { answer($0) != nil }
        let payload = answer(self)?.payload ?? ByteBuffer()
        return try SocketArgument(RawArguments(Array(payload.readableBytesView))).decode(as: Connected.self)
    }

    // MARK: Up

    func send(_ text: String) { self.send(RawMessage(bytes: ByteBuffer(string: text), isBinary: false)) }
    func send(_ bytes: [UInt8]) { self.send(RawMessage(bytes: ByteBuffer(bytes: bytes), isBinary: true)) }

    private func send(_ message: RawMessage) {
        let transport = self.withState { state in
            state.up.append(message)
            return state.transport
        }
        transport?.eventLoop.execute { transport?.giveAll() }
    }

    /// The next message for a transport.
    func next(for transport: ClientTransport) -> RawMessage? {
        self.withState { state in
            guard state.transport === transport, state.given < state.up.count else { return nil }
            state.given += 1
            return state.up[state.given - 1]
        }
    }

    // MARK: Down

    func opened(_ transport: ClientTransport, _ open: EngineOpen) {
        self.withState { state in
            if state.id == nil { state.id = SessionID(open.sid) }
            let (ack, from) = (open.ack ?? 0, open.from ?? 0)
            if from > state.received { state.faults.append("from \(from), but received \(state.received)") }
            if ack > state.up.count { state.faults.append("ack \(ack), but sent \(state.up.count)") }
            state.transport = transport
            state.given = ack
        }
        transport.eventLoop.execute { transport.giveAll() }
    }

    /// A message came, whose number this is.
    func received(_ message: ByteBuffer, isBinary: Bool, number: Int) {
        self.withState { state in
            if number > state.received + 1 { state.faults.append("\(number) after \(state.received)") }
            guard number == state.received + 1 else { return }
            state.received = number
            do throws(SocketIOError) {
                let packet = isBinary ? try state.decoder.binary(message) : try state.decoder.text(message)
                guard let packet else { return }
                state.packets.append(packet.kept())
                if packet.hasName { state.eventCount += 1 }
                if packet.type == .ack || packet.type == .binaryAck { state.answerCount += 1 }
            } catch {
                state.faults.append("\(error)")
            }
        }
    }

    var receivedCount: Int { self.withState { $0.received } }

    // MARK: Attaching

    func left(_ transport: ClientTransport) {
        self.withState { if $0.transport === transport { $0.transport = nil } }
        self.attach(0)
    }

    func ended() { self.withState { $0.isEnded = true } }

    /// Asks one server after the other.
    private func attach(_ index: Int) {
        guard !self.isEnded, let id = self.withState({ $0.id }) else { return }
        guard index < self.servers.count else {
            self.eventLoop.scheduleTask(in: .milliseconds(1)) { self.attach(0) }
            return
        }
        guard let shard = self.servers[index].engine.shard(of: id) else { return self.attach(index + 1) }
        shard.eventLoop.execute {
            guard let session = shard.session(id) else { return self.attach(index + 1) }
            let (number, received) = self.withState { state in
                state.attachNumber += 1
                return (state.attachNumber, state.received)
            }
            let request = AttachRequest(id: id, transport: .websocket, number: number, acknowledged: received)
            do throws(EngineIOError) {
                try session.attach(ClientTransport(self, on: shard), request)
                self.withState { $0.attaches += 1 }
            } catch {
                self.attach(index + 1)
            }
        }
    }
}

/// The server's side of the client's connection. Confined to its event loop.
///
/// `@unchecked Sendable`: used on its event loop only.
final class ClientTransport: Transport, @unchecked Sendable {
    let name = TransportName.websocket
    let upgrades: [TransportName] = []
    let unsentBytes = 0
    private(set) var isWritable = true
    private let client: LosslessClient
    private let shard: EngineShard
    private var session: Session?
    private var isReadingPaused = false
    private var number = 0

    init(_ client: LosslessClient, on shard: EngineShard) {
        self.client = client
        self.shard = shard
    }

    var eventLoop: any EventLoop { self.shard.eventLoop }

    func bind(to session: Session) { self.session = session }

    func write(_ packet: OutboundPacket) {
        guard self.isWritable else { return }
        switch packet {
        case .text(let text): self.message(text.ownCopy(), isBinary: false)
        case .binary(let bytes): self.message(bytes.ownCopy(), isBinary: true)
        case .shared(let message): self.message(message.payload, isBinary: message.isBinary)
        case .control(.open(let json)):
            guard let open = try? EngineOpen(json: json) else { return }
            self.number = open.from ?? 0
            self.client.opened(self, open)
        case .control(.ping): self.eventLoop.execute { self.session?.received(.pong(ByteBuffer()), from: self) }
        case .control: break
        }
    }

    private func message(_ message: ByteBuffer, isBinary: Bool) {
        self.number += 1
        self.client.received(message, isBinary: isBinary, number: self.number)
        if self.number % 16 == 0 {
            let count = self.number
            self.eventLoop.execute {
                self.session?.received(.noop(EngineCount.buffer(count)), from: self)
            }
        }
    }

    func flush() {}

    /// Gives the session what the client has sent.
    func giveAll() {
        while !self.isReadingPaused, let session = self.session, let message = self.client.next(for: self) {
            session.received(message.isBinary ? .binary(message.bytes) : .text(message.bytes), from: self)
        }
    }

    func setReadingPaused(_ paused: Bool) {
        self.isReadingPaused = paused
        if !paused { self.eventLoop.execute { self.giveAll() } }
    }

    func close(_ reason: TransportCloseReason) {
        self.session = nil
        self.isWritable = false
        self.client.ended()
    }

    func retire() {
        self.session = nil
        self.isWritable = false
        self.client.left(self)
    }
}
