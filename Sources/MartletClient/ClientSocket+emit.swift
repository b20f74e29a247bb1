// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletClientEngine
internal import MartletEngine
public import MartletShared
internal import NIOCore
internal import SocketIOWire

extension ClientSocket {
    /// Sends an event to the server; while the socket is not connected, the event waits until it is.
    ///
    /// Arguments that cannot be encoded, reserved names, and events past
    /// ``SocketIOClientConfiguration/maxUnsentBytes`` are reported to ``SocketIOClient/onError(_:)``.
    public func emit<each Argument: Encodable & Sendable>(
        _ event: Event<repeat each Argument>, _ arguments: repeat each Argument
    ) {
        self.emit(event, repeat each arguments, isVolatile: false)
    }

    /// Sends a `message` event.
    public func send<each Argument: Encodable & Sendable>(_ arguments: repeat each Argument) {
        self.emit("message", repeat each arguments)
    }

    /// Events sent through this emitter are dropped while the socket is not connected, and while the connection lags
    /// behind.
    public var volatile: VolatileEmitter { VolatileEmitter(socket: self) }

    func emit<each Argument: Encodable & Sendable>(
        _ event: Event<repeat each Argument>, _ arguments: repeat each Argument, isVolatile: Bool
    ) {
        do {
            let writer = try self.begin(event.name)
            writer.begin(.event, of: self.namespace, ackID: nil, event.name)
            let packet = OutgoingPacket(writer: writer, isLoops: false)
            repeat packet.append(each arguments)
            let encoded = try writer.finish()
            self.manager.onLoop {
                if !isVolatile {
                    self.sendOrKeep(UnsentEvent(packet: encoded, name: event.name, ackID: nil))
                } else if self.isConnected, self.takesVolatile {
                    self.send(encoded)
                }
            }
        } catch {
            self.manager.onLoop { self.manager.report(error, event.name) }
        }
    }

    private func begin(_ event: String) throws -> any PacketWriter {
        if EventName.isReserved(event) { throw EventError.reservedName(event) }
        return self.manager.codec.makeWriter()
    }

    /// Sends an event and waits for the server's answer.
    ///
    /// The answer's first value is decoded as `Reply`; if `Reply` is `SocketArguments`, it takes all values. While the
    /// socket is not connected, the event waits until it is.
    /// - Parameters:
    ///   - event: the event.
    ///   - arguments: the event's arguments.
    ///   - timeout: how long to wait for the answer, the time before the event is sent included.
    ///   - type: `Reply` itself, for calls where the compiler cannot infer it.
    /// - Throws: `EventError`, when the server's handler throws; `AcknowledgementError`, when no answer comes, or none of
    ///   that type; when the task is cancelled, `AcknowledgementError.cancelled`.
    public func emitWithAck<each Argument: Encodable & Sendable, Reply: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument,
        timeout: Duration = .seconds(10),
        as type: Reply.Type = Reply.self
    ) async throws -> Reply {
        let question: EncodedPacket
        do {
            let writer = try self.begin(event.name)
            writer.beginQuestion(event.name)
            let packet = OutgoingPacket(writer: writer, isLoops: false)
            repeat packet.append(each arguments)
            question = try writer.finish()
        } catch {
            throw AcknowledgementError.notEncodable(error)
        }
        let ticket = WaitTicket()
        let result: Result<Reply, any Error> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.manager.onLoop {
                    self.ask(question, event.name, ticket, timeout: timeout) { result in
                        continuation.resume(returning: Result { try result.get().reply(type) })
                    }
                }
            }
        } onCancel: {
            self.manager.onLoop { self.cancelAnswer(ticket) }
        }
        return try result.get()
    }

    // MARK: On the loop

    /// A volatile event waits behind no more than this.
    private static let volatileLimit = 1 << 20

    private var takesVolatile: Bool {
        guard let session = self.manager.openSession, session.transport != nil else { return false }
        return session.unsentBytes <= Self.volatileLimit
    }

    private func ask(
        _ question: EncodedPacket,
        _ event: String,
        _ ticket: WaitTicket,
        timeout: Duration,
        _ completion: @escaping (Result<ReceivedEvent, AcknowledgementError>) -> Void
    ) {
        if ticket.isCancelled { return completion(.failure(.cancelled)) }
        if self.manager.isClosed { return completion(.failure(.disconnected)) }
        let id = self.acknowledgements.makeID()
        ticket.id = id
        let timer = self.manager.timers.schedule(after: TimeAmount(timeout)) {
            self.finish(id, .timedOut)
        }
        self.acknowledgements.insert(id, .init(timer: timer, completion: completion))
        var message = ByteBuffer()
        self.manager.codec.write(question, of: self.namespace, id: id, into: &message)
        let packet = EncodedPacket(
            message: message, isBinary: question.isBinary, attachments: question.attachments)
        self.sendOrKeep(UnsentEvent(packet: packet, name: event, ackID: id))
    }

    private func cancelAnswer(_ ticket: WaitTicket) {
        ticket.isCancelled = true
        if let id = ticket.id { self.finish(id, .cancelled) }
    }

    /// No answer is awaited any more. An event that has not been sent yet is not sent.
    private func finish(_ id: Int, _ error: AcknowledgementError) {
        guard let pending = self.acknowledgements.remove(id) else { return }
        self.manager.timers.cancel(pending.timer)
        self.unsent.remove(question: id)
        pending.completion(.failure(error))
    }

    private func sendOrKeep(_ event: UnsentEvent) {
        guard self.isConnected else { return self.keep(event) }
        if !self.send(event.packet) { self.drop(event, SendBufferFull(event: event.name)) }
    }

    /// Sends the events that have waited for the connection.
    func sendUnsent() {
        for event in self.unsent.takeAll() { self.sendOrKeep(event) }
    }

    /// Keeps an event until the socket is connected.
    func keep(_ event: UnsentEvent) {
        if self.manager.isClosed { return self.drop(event, AcknowledgementError.disconnected) }
        guard self.unsent.byteCount + event.packet.byteCount <= self.manager.configuration.maxUnsentBytes else {
            return self.drop(event, SendBufferFull(event: event.name))
        }
        self.unsent.append(event)
    }

    /// An event is not sent: who awaits its answer hears that, or else the application.
    private func drop(_ event: UnsentEvent, _ error: any Error) {
        if let id = event.ackID {
            self.finish(id, .failed("\(error)"))
        } else {
            self.manager.report(error, event.name)
        }
    }

    /// Sends an event.
    @discardableResult
    private func send(_ event: EncodedPacket) -> Bool {
        guard self.write(event) else { return false }
        if !self.listeners.anyOutgoing.isEmpty { self.callOutgoingHandlers(event) }
        return true
    }

    @discardableResult
    func write(_ packet: EncodedPacket) -> Bool {
        guard let session = self.manager.openSession else { return false }
        return session.send(text: packet.message, attachments: packet.attachments) != nil
    }
}
