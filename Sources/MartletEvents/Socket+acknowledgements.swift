// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore
internal import SocketIOWire

extension Socket {
    /// Sends an event and waits for the client's answer.
    ///
    /// The answer's first value is decoded as `Reply`; if `Reply` is `SocketArguments`, it takes all values.
    /// - Parameters:
    ///   - event: the event.
    ///   - arguments: the event's arguments.
    ///   - timeout: how long to wait for the answer.
    ///   - type: `Reply` itself, for calls where the compiler cannot infer it.
    /// - Throws: `AcknowledgementError`; when the task is cancelled, `AcknowledgementError.cancelled`.
    public func emitWithAck<each Argument: Encodable & Sendable, Reply: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument,
        timeout: Duration = .seconds(10),
        as type: Reply.Type = Reply.self
    ) async throws -> Reply {
        let question = try self.encodeQuestion(event, repeat each arguments)
        return try await self.answer(to: question, EmitFlags(), timeout: timeout)
    }

    func encodeQuestion<each Argument: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument
    ) throws(AcknowledgementError) -> EncodedPacket {
        do {
            return try self.core.encodeQuestion(event.name, repeat each arguments)
        } catch {
            throw .notEncodable(error)
        }
    }

    func answer<Reply: Decodable & Sendable>(
        to question: EncodedPacket,
        _ flags: EmitFlags,
        timeout: Duration
    ) async throws -> Reply {
        let ticket = AcknowledgementTicket()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.ask(question, ticket, flags, timeout: timeout, as: Reply.self) {
                    continuation.resume(returning: $0)
                }
            }
        } onCancel: {
            self.onLoop { self.cancel(ticket) }
        }
        return try result.get()
    }

    /// Sends an event, and calls a function with the client's answer on the socket's event loop.
    ///
    /// The answer's first value is decoded as `Reply`; if `Reply` is `SocketArguments`, it takes all values.
    /// - Parameters:
    ///   - event: the event.
    ///   - arguments: the event's arguments.
    ///   - timeout: how long to wait for the answer.
    ///   - completion: called once, with the answer or the reason why there is none.
    public func emit<each Argument: Encodable & Sendable, Reply: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument,
        timeout: Duration,
        completion: @escaping @Sendable (Result<Reply, AcknowledgementError>) -> Void
    ) {
        do {
            let question = try self.core.encodeQuestion(event.name, repeat each arguments)
            self.ask(question, AcknowledgementTicket(), EmitFlags(), timeout: timeout, as: Reply.self, completion)
        } catch {
            self.onLoop { completion(.failure(.notEncodable(error))) }
        }
    }

    private func ask<Reply: Decodable & Sendable>(
        _ question: EncodedPacket,
        _ ticket: AcknowledgementTicket,
        _ flags: EmitFlags,
        timeout: Duration,
        as type: Reply.Type,
        _ completion: @escaping @Sendable (Result<Reply, AcknowledgementError>) -> Void
    ) {
        self.onLoop {
            self.ask(question, ticket, flags, timeout: timeout) { result in
                switch result {
                case .failure(let error): completion(.failure(error))
                case .success(let answer):
                    do {
                        var index = 0
                        completion(.success(try answer.read(type, at: &index, for: self)))
                    } catch {
                        completion(.failure(.undecodable(error)))
                    }
                }
            }
        }
    }

    // MARK: On the loop

    /// - Parameter completion: called with all arguments of the answer.
    func askNow(
        _ question: EncodedPacket,
        _ flags: EmitFlags,
        timeout: Duration,
        _ completion: @escaping (Result<SocketArguments, AcknowledgementError>) -> Void
    ) {
        self.ask(question, AcknowledgementTicket(), flags, timeout: timeout) { result in
            completion(result.map { $0.arguments(for: self) })
        }
    }

    private func ask(
        _ question: EncodedPacket,
        _ ticket: AcknowledgementTicket,
        _ flags: EmitFlags,
        timeout: Duration,
        _ completion: @escaping AcknowledgementCompletion
    ) {
        if ticket.isCancelled { return completion(.failure(.cancelled)) }
        if self.isAway { return self.askAway(question, timeout: timeout, completion) }
        guard self.phase == .connected else { return completion(.failure(.disconnected)) }
        let id = self.acknowledgements.makeID()
        ticket.id = id
        let timer = self.shard.timers.schedule(after: TimeAmount(timeout)) {
            // The timer is cancelled when the socket disconnects, so that it does not retain the socket for longer.
            self.acknowledgements.remove(id)?.completion(.failure(.timedOut))
            self.shard.executor.drain()
        }
        self.acknowledgements.insert(id, .init(timer: timer, completion: completion))
        if self.acknowledgements.count > self.core.configuration.maxPendingAcknowledgements {
            self.exceeded(.pendingAcknowledgements)
            self.finish(self.acknowledgements.removeOldest(), .failure(.tooManyPending))
        }

        // Dropped by a client that lags behind: then no answer comes in time.
        guard self.canSend(isVolatile: flags.isVolatile) else { return }
        self.shard.counters.sent &+= 1
        self.shard.withScratch { scratch in
            self.core.codec.write(question, of: self.namespace.name, id: id, into: &scratch)
            if self.hearsOutgoing {
                let packet = EncodedPacket(
                    message: scratch, isBinary: question.isBinary, attachments: question.attachments)
                self.callOutgoingHandlers(packet)
            }
            self.write(scratch, isBinary: question.isBinary, flags)
        }
        for attachment in question.attachments { self.write(attachment, isBinary: true, flags) }
    }

    /// The client answered.
    func acknowledged(_ id: Int, _ answer: ReceivedPacket) {
        self.shard.counters.answersReceived &+= 1
        self.finish(id, .success(.packet(answer)))
    }

    func finish(_ id: Int, _ result: Result<AcknowledgementAnswer, AcknowledgementError>) {
        self.finish(self.acknowledgements.remove(id), result)
    }

    func failAcknowledgements() {
        for pending in self.acknowledgements.removeAll() { self.finish(pending, .failure(.disconnected)) }
    }

    private func cancel(_ ticket: AcknowledgementTicket) {
        ticket.isCancelled = true
        guard let id = ticket.id else { return }
        self.finish(self.acknowledgements.remove(id), .failure(.cancelled))
    }

    private func finish(
        _ pending: PendingAcknowledgements.Pending?,
        _ result: Result<AcknowledgementAnswer, AcknowledgementError>
    ) {
        guard let pending else { return }
        self.shard.timers.cancel(pending.timer)
        pending.completion(result)
    }
}

/// Connects a waiting task with the acknowledgement that it waits for, so that the wait can be cancelled.
///
/// `@unchecked Sendable`: used on the socket's event loop only.
private final class AcknowledgementTicket: @unchecked Sendable {
    var id: Int?
    var isCancelled = false
}
