// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import MartletClientEngine
public import MartletEngine
public import MartletShared
internal import NIOCore
internal import SocketIOWire

/// The state of a ``ClientSocket``.
public enum ConnectionState: Sendable {
    /// The socket is not connected, and does not try. Nil: it never was.
    case disconnected(DisconnectReason?)
    /// The socket has no connection, and tries to get one.
    case connecting
    /// - Parameters:
    ///   - id: the server's name for the socket.
    ///   - isRecovered: whether the server has given back the state of a lost connection, and sends what was missed.
    case connected(id: String, isRecovered: Bool)
    /// The server has refused the socket; it does not try again by itself.
    case refused(ConnectionRefused)
}

/// This client in one namespace of the server: handles the server's events, and sends events to it.
///
/// Handlers run on the client's event loop, one at a time, in the order of the events. A call made by a handler acts at
/// once; a call from anywhere else is carried out on that loop a little later, and the calls of one thread stay in order.
///
/// `@unchecked Sendable`: all but the constants is used on the manager's event loop only.
public final class ClientSocket: @unchecked Sendable {
    typealias Auth = @Sendable () async throws -> any Encodable & Sendable

    /// The namespace's name, which begins with `/`.
    public let namespace: String
    let manager: ClientManager
    private let auth: Auth?

    var state = ConnectionState.disconnected(nil)
    /// Whether the socket is connected, or wants to be.
    private(set) var isActive = false
    /// How many times the socket has asked to join, or has stopped to: an answer of `auth` belongs to one of them.
    private(set) var joins = 0
    private var waiters: [ObjectIdentifier: CheckedContinuation<Void, any Error>] = [:]
    private var watchers: [Int: AsyncStream<ConnectionState>.Continuation] = [:]
    private var lastTicket = 0

    var listeners = ClientListeners()
    var isBusy = false
    var isDraining = false
    var waiting = Deque<ReceivedEvent>()
    var waitingBytes = 0

    var acknowledgements = ClientAcknowledgements()
    /// What is sent once the socket is connected.
    var unsent: [EncodedPacket] = []
    var unsentBytes = 0
    /// The secret name with which the client may come back, and the last event that it has.
    private var pid: String?
    private var offset: String?
    private(set) var transport: TransportName?

    init(_ namespace: String, _ auth: Auth?, _ manager: ClientManager) {
        self.namespace = namespace
        self.auth = auth
        self.manager = manager
    }

    var isConnected: Bool {
        if case .connected = self.state { true } else { false }
    }

    // MARK: On any thread

    /// Connects the socket, if it is not, and waits until it is. As long as the server cannot be reached, this goes on
    /// trying; see ``SocketIOClientConfiguration/maxReconnectionAttempts``.
    /// - Throws: `ConnectionRefused` when the server refuses the socket; ``ConnectionFailed`` when no attempt is left, and
    ///   when the socket is disconnected meanwhile; what `auth` throws. When the task is cancelled, `CancellationError`;
    ///   if nobody else waits, the socket then stops trying.
    public func connect() async throws {
        let ticket = WaitTicket()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                self.manager.onLoop { self.wait(ticket, continuation) }
            }
        } onCancel: {
            self.manager.onLoop { self.cancel(ticket) }
        }
    }

    private func wait(_ ticket: WaitTicket, _ continuation: CheckedContinuation<Void, any Error>) {
        if ticket.isCancelled { return continuation.resume(throwing: CancellationError()) }
        if self.isConnected { return continuation.resume() }
        self.waiters[ObjectIdentifier(ticket)] = continuation
        guard !self.isActive else { return }
        self.isActive = true
        self.change(to: .connecting)
        self.manager.activate(self)
    }

    private func cancel(_ ticket: WaitTicket) {
        ticket.isCancelled = true
        guard let waiter = self.waiters.removeValue(forKey: ObjectIdentifier(ticket)) else { return }
        if self.waiters.isEmpty {
            self.leave()
            self.manager.deactivated()
        }
        waiter.resume(throwing: CancellationError())
    }

    /// Leaves the namespace. The socket may connect again.
    public func disconnect() {
        self.manager.onLoop {
            self.leave()
            self.manager.deactivated()
        }
    }

    /// The socket's state, then each that follows. A task that is slow to ask gets the last 16 of them.
    public var states: AsyncStream<ConnectionState> {
        AsyncStream(bufferingPolicy: .bufferingNewest(16)) { continuation in
            self.manager.onLoop {
                self.lastTicket += 1
                let ticket = self.lastTicket
                self.watchers[ticket] = continuation
                continuation.yield(self.state)
                continuation.onTermination = { _ in
                    self.manager.onLoop { self.watchers[ticket] = nil }
                }
            }
        }
    }

    // MARK: On the loop

    private func change(to state: ConnectionState) {
        self.state = state
        for watcher in self.watchers.values { watcher.yield(state) }
        self.manager.watcher?(.state(state))
    }

    private func resumeWaiters(_ result: Result<Void, any Error>) {
        let waiters = self.waiters.values
        self.waiters = [:]
        for waiter in waiters { waiter.resume(with: result) }
    }

    /// Asks the server for the namespace.
    func join() {
        self.joins += 1
        let join = self.joins
        guard let auth = self.auth else { return self.askToJoin(nil) }
        self.manager.executor.start {
            let result: Result<SocketArgument, any Error>
            do {
                result = .success(
                    try SocketArgument(encoding: try await auth(), using: self.manager.configuration.coder))
            } catch {
                result = .failure(error)
            }
            self.manager.onLoop {
                guard self.joins == join, self.isActive else { return }
                switch result {
                case .success(let auth): self.askToJoin(auth)
                case .failure(let error): self.failed(error)
                }
            }
        }
    }

    private func askToJoin(_ auth: SocketArgument?) {
        var object = auth.map { String(buffer: $0.json) } ?? ""
        if let pid = self.pid {
            // Both are what a server has sent as JSON strings; a client that returns names them before its own members.
            var head = ByteBuffer(string: "{\"pid\":")
            SocketPacketWriter.writeJSONString(pid, into: &head)
            if let offset = self.offset {
                head.writeString(",\"offset\":")
                SocketPacketWriter.writeJSONString(offset, into: &head)
            }
            let members = object.hasPrefix("{") ? object.dropFirst() : "}"
            object = String(buffer: head) + (members == "}" ? "" : ",") + members
        }
        var text = ByteBuffer()
        SocketPacketWriter.writeConnect(
            namespace: self.namespace, auth: object.isEmpty ? nil : ByteBuffer(string: object), into: &text)
        self.manager.openSession?.send(text: text)
    }

    func received(_ packet: SocketPacket) {
        switch packet.type {
        case .connect: self.joined(packet)
        case .connectError: self.refused(packet)
        case .disconnect:
            guard self.isActive else { return }
            self.isActive = false
            self.ended(.ioServerDisconnect)
            self.manager.deactivated()
        case .event, .binaryEvent:
            guard self.isConnected, packet.hasName else { return }
            self.noteOffset(packet)
            self.received(ReceivedEvent(packet: packet, coder: self.manager.codec.coder, join: self.joins))
        case .ack, .binaryAck:
            guard let id = packet.ackID, let pending = self.acknowledgements.remove(id) else { return }
            pending.timer.cancel()
            pending.completion(
                .success(ReceivedEvent(packet: packet, coder: self.manager.codec.coder, join: self.joins)))
        }
    }

    private struct Welcome: Decodable {
        let sid: String
        let pid: String?
    }

    private struct Refusal: Decodable {
        let message: String
        let data: SocketArgument?
    }

    private func joined(_ packet: SocketPacket) {
        guard self.isActive, !self.isConnected, let payload = packet.payload,
            let welcome = try? JSONArgumentCoder().decode(Welcome.self, from: payload, attachments: [])
        else { return }
        let isRecovered = welcome.pid != nil && welcome.pid == self.pid
        self.pid = welcome.pid
        if !isRecovered { self.offset = nil }
        self.change(to: .connected(id: welcome.sid, isRecovered: isRecovered))
        let unsent = self.unsent
        self.unsent = []
        self.unsentBytes = 0
        for packet in unsent { self.write(packet) }
        self.resumeWaiters(.success(()))
    }

    private func refused(_ packet: SocketPacket) {
        guard self.isActive, let payload = packet.payload else { return }
        let refusal = try? JSONArgumentCoder().decode(Refusal.self, from: payload, attachments: [])
        self.failed(ConnectionRefused(message: refusal?.message ?? "Refused", data: refusal?.data))
        self.manager.deactivated()
    }

    /// The server may ask which event was the last: it names each by its last argument.
    private func noteOffset(_ packet: SocketPacket) {
        guard self.pid != nil, let last = packet.arguments.last else { return }
        if let offset = try? JSONArgumentCoder().decode(String.self, from: last, attachments: []) {
            self.offset = offset
        }
    }

    func moved(to transport: TransportName?) { self.transport = transport }

    /// The connection is over; the manager may open another.
    func connectionEnded(_ reason: DisconnectReason, _ recalled: [ClientMessage]) {
        self.joins += 1
        guard self.isConnected else { return }
        for message in recalled {
            let packet = EncodedPacket(
                message: message.payload, isBinary: message.isBinary, attachments: message.attachments)
            guard let event = packet.decoded(by: self.manager.codec), event.hasName,
                event.namespace == self.namespace
            else { continue }
            self.keep(packet, event.name.string)
        }
        self.ended(reason)
        if self.isActive { self.change(to: .connecting) }
    }

    /// The socket is not connected any more. Answers are awaited only to what has not been sent.
    private func ended(_ reason: DisconnectReason) {
        self.joins += 1
        self.waiting = []
        self.waitingBytes = 0
        self.failAcknowledgements(but: Set(self.unsent.compactMap { $0.decoded(by: self.manager.codec)?.ackID }))
        self.change(to: .disconnected(reason))
        if !self.isActive {
            self.resumeWaiters(.failure(ConnectionFailed(reason: reason, description: "the socket was disconnected")))
        }
    }

    /// No connection, and none is tried any more.
    func failed(_ error: any Error) {
        self.joins += 1
        self.isActive = false
        if let refusal = error as? ConnectionRefused {
            self.change(to: .refused(refusal))
        } else {
            self.change(to: .disconnected((error as? ConnectionFailed)?.reason))
        }
        self.resumeWaiters(.failure(error))
    }

    /// The client is closed: nothing of the socket is waited for any more.
    func abandon() {
        self.leave()
        self.unsent = []
        self.unsentBytes = 0
        self.failAcknowledgements(but: [])
        self.listeners = ClientListeners()
        for watcher in self.watchers.values { watcher.finish() }
        self.watchers = [:]
    }

    private func failAcknowledgements(but kept: Set<Int>) {
        for pending in self.acknowledgements.removeAll(but: kept) {
            pending.timer.cancel()
            pending.completion(.failure(.disconnected))
        }
    }

    func leave() {
        guard self.isActive else { return }
        self.isActive = false
        if self.isConnected {
            var text = ByteBuffer()
            SocketPacketWriter.writeDisconnect(namespace: self.namespace, into: &text)
            self.manager.openSession?.send(text: text)
        }
        self.pid = nil
        self.ended(.ioClientDisconnect)
    }
}

/// Connects a waiting task with what it waits for, so that the wait can be cancelled.
///
/// `@unchecked Sendable`: used on the manager's event loop only.
final class WaitTicket: @unchecked Sendable {
    var isCancelled = false
    /// The id of the acknowledgement that is awaited.
    var id: Int?
}
