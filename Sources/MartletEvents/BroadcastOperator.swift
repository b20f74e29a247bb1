// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import SocketIOWire

/// Sockets that are addressed together. The operator is a value: each of its modifiers returns a changed copy.
///
/// ```swift
/// io.to("lobby").to("garden").except("muted").emit("said", message)
/// ```
///
/// A broadcast is encoded once, whatever the number of receivers, and goes to each of them once. Sockets on the
/// caller's event loop get it at once, sockets on other event loops a little later. Broadcasts and calls to sockets
/// that follow each other, as in one task or actor, arrive in order.
public struct BroadcastOperator: Sendable {
    let namespace: Namespace
    private(set) var target = BroadcastTarget()

    init(namespace: Namespace) {
        self.namespace = namespace
    }

    func with(_ change: (inout BroadcastTarget) -> Void) -> BroadcastOperator {
        var changed = self
        change(&changed.target)
        return changed
    }

    /// Adds the members of this room. A socket is also addressed by its id.
    public func to(_ room: String) -> BroadcastOperator { self.with { $0.rooms.append(RoomName.stored(room)) } }

    /// Adds the members of these rooms.
    public func to(_ rooms: [String]) -> BroadcastOperator { self.with { $0.rooms += RoomName.stored(rooms) } }

    /// Adds the members of this room; another word for ``to(_:)-(String)``.
    public func `in`(_ room: String) -> BroadcastOperator { self.to(room) }

    /// Leaves out the members of this room. A socket is also left out by its id.
    public func except(_ room: String) -> BroadcastOperator { self.with { $0.except.append(RoomName.stored(room)) } }

    /// Leaves out the members of these rooms.
    public func except(_ rooms: [String]) -> BroadcastOperator { self.with { $0.except += RoomName.stored(rooms) } }

    /// Drops events for clients that lag behind.
    public var volatile: BroadcastOperator { self.with { $0.isVolatile = true } }

    /// Events replace each other for clients that lag behind; see ``Socket/latest(of:)``. Such an event is not kept in a
    /// history.
    public func latest(of key: String) -> BroadcastOperator {
        self.with {
            // Servers of other makes drop the event for such clients.
            $0.isVolatile = true
            $0.latestKey = key
            $0.isKept = false
        }
    }

    /// Whether transports may compress events, as they may by default where compression is on.
    public func compress(_ compresses: Bool) -> BroadcastOperator { self.with { $0.compresses = compresses } }

    /// Keeps events in the history of the rooms that they are sent to, for sockets that join later; see
    /// ``Socket/join(_:after:)`` and ``SocketIOConfiguration/history``. Each event gets its offset, a string, as one more
    /// argument.
    public var kept: BroadcastOperator {
        self.with {
            $0.isKept = true
            $0.latestKey = nil
        }
    }

    /// Addresses the sockets of this server only, not those of other servers in its cluster.
    public var local: BroadcastOperator { self.with { $0.isLocal = true } }

    func to(optional room: String?) -> BroadcastOperator { room.map { self.to($0) } ?? self }

    // MARK: Sending

    /// Sends an event to all addressed sockets.
    ///
    /// Arguments that cannot be encoded are reported to ``SocketIOServer/onError(_:)``, and nothing is sent.
    @inlinable
    public func emit<each Argument: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument
    ) {
        guard let packet = self.beginEvent(event.name) else { return }
        repeat packet.append(each arguments)
        self.broadcast(packet, event: event.name)
    }

    /// Sends a `message` event to all addressed sockets.
    @inlinable
    public func send<each Argument: Encodable & Sendable>(_ arguments: repeat each Argument) {
        self.emit("message", repeat each arguments)
    }

    /// Begins an event. The caller appends the arguments and ends the event with ``broadcast(_:event:)``, with no other
    /// call in between.
    @usableFromInline
    func beginEvent(_ event: String) -> OutgoingPacket? {
        let core = self.namespace.core
        if EventName.isReserved(event) {
            core.report(HandlerFailure(error: EventError.reservedName(event), socket: nil, event: event))
            return nil
        }
        let writer = core.codec.makeWriter()
        writer.begin(.event, of: self.namespace.name, ackID: nil, event)
        return OutgoingPacket(writer: writer, isLoops: false)
    }

    @usableFromInline
    func broadcast(_ packet: OutgoingPacket, event: String) {
        let core = self.namespace.core
        let offset = core.offset(for: self.target)
        if let offset { packet.writer.encode(offset) }
        do {
            var encoded = try packet.writer.finish()
            encoded.offset = offset
            if let observer = core.observer {
                observer.broadcast(event, in: self.namespace) { [encoded] in
                    self.adapter.broadcast(encoded, to: self.target, in: self.namespace)
                }
            } else {
                self.adapter.broadcast(encoded, to: self.target, in: self.namespace)
            }
        } catch {
            core.report(HandlerFailure(error: error, socket: nil, event: event))
        }
    }

    /// Sends an event to all addressed sockets, and asks each for an answer.
    /// - Parameters:
    ///   - event: the event.
    ///   - arguments: the event's arguments.
    ///   - timeout: how long to wait for the answer of a socket.
    ///   - type: `Reply` itself, where nothing else says it. `SocketArguments` takes all of an answer.
    /// - Returns: the answers, once the event is on its way to all sockets. A caller that does not wait for the answers may
    ///   drop the sequence.
    /// - Throws: an `AcknowledgementError` when the arguments cannot be encoded, or the event's name is reserved;
    ///   nothing was sent then.
    public func emitWithAck<each Argument: Encodable & Sendable, Reply: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument,
        timeout: Duration = .seconds(10),
        as type: Reply.Type = Reply.self
    ) async throws -> BroadcastAcknowledgements<Reply> {
        let core = self.namespace.core
        let question: EncodedPacket
        do {
            question = try core.encodeQuestion(event.name, repeat each arguments)
        } catch {
            throw AcknowledgementError.notEncodable(error)
        }
        return await self.ask(question, timeout: timeout, as: type)
    }

    private func ask<Reply: Decodable & Sendable>(
        _ question: EncodedPacket,
        timeout: Duration,
        as type: Reply.Type
    ) async -> BroadcastAcknowledgements<Reply> {
        let (answers, continuation) = AsyncStream.makeStream(of: BroadcastAcknowledgements<Reply>.Answer.self)
        let counter = AnswerCounter { continuation.finish() }
        let coder = self.namespace.core.coder
        let count = await self.adapter.ask(question, of: self.target, in: self.namespace, timeout: timeout) {
            id, result in
            let reply = result.flatMap { $0.reply(as: type, using: coder) }
            continuation.yield(.init(socketID: id, result: reply))
            counter.received()
        }
        counter.expect(count.value)
        return BroadcastAcknowledgements(socketCount: count.value, missingNodes: count.missingNodes, answers)
    }

    var adapter: any Adapter { self.namespace.core.adapter }
}

extension SocketArguments {
    /// The first value of an answer, or all of it.
    func reply<Reply: Decodable>(
        as type: Reply.Type,
        using coder: any ArgumentCoder
    ) -> Result<Reply, AcknowledgementError> {
        if let all = self as? Reply { return .success(all) }
        do {
            return .success(try (self[0] ?? .null).decode(as: type, using: coder))
        } catch {
            return .failure(.undecodable(error))
        }
    }
}
