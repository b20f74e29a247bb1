// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import SocketIOWire

/// A socket that moves from one server of a cluster to another one which goes on when the first ends.
///
/// The client notices nothing, and neither server calls handlers of a disconnect. On the new server the handlers of new
/// connections are called with a socket of the same ``id``, in the same ``rooms``, whose ``isRestored`` is true; middleware
/// is not run again. The old object forwards: what is sent through it reaches the client, and the client's answers
/// reach the tasks that wait for them, as long as the old server lives.
extension Socket {
    /// Whether the socket has come from another server, where it was connected before, with its ``id``, its ``rooms``, and
    /// those values of its ``data`` that are `Codable`. Handlers of new connections are called with it all the same, so
    /// that they set its handlers; they need not greet its client again.
    public var isRestored: Bool { self.restored }

    /// The connection of this socket does not move to another server when this one shuts down, but ends: because
    /// something that belongs to it can be here only.
    public func stayHere() {
        self.onLoop { self.staysHere = true }
    }

    /// Whether another server has the socket, or is about to have it.
    var isAway: Bool { self.phase == .frozen || self.phase == .moved }

    /// The operations and events for this socket alone.
    var itself: BroadcastTarget {
        var target = BroadcastTarget()
        target.rooms = [self.id]
        return target
    }

    // MARK: Leaving

    /// - Returns: `nil` if something of the socket cannot travel.
    func snapshot() -> SocketSnapshot? {
        guard let auth = JSONArguments(one: self.handshake.auth) else { return nil }
        return SocketSnapshot(
            id: self.id,
            namespace: self.namespace.name,
            auth: auth,
            joinedAt: self.handshake.time,
            expiry: self.expiry?.time,
            rooms: Set(self.seats.keys),
            data: self.data.encoded().compactMapValues { JSONArguments(one: $0) },
            questions: self.acknowledgements.ids,
            nextQuestion: self.acknowledgements.nextID,
            waiting: self.waiting.flatMap { self.core.codec.messages(of: $0.packet) },
            recovery: self.recovery.flatMap { $0.held?.travelling(isRestored: $0.isRestored) }
        )
    }

    func leaveForAnotherServer() {
        let local = self.shard.local(self.namespace)
        if let recovery = self.recovery {
            recovery.held?.leave()
            local.recovery?.remove(pid: recovery.pid, keeping: nil)
        }
        local.remove(self)
        self.cancelExpiry()
        self.shard.lock.withLock { self.phase = .moved }
        self.dropWaiting()
        self.session.endDrainWaits(of: self, nil)
        // Most handlers retain the socket: this breaks the retain cycle.
        self.state.listeners = Listeners()
        self.core.left(self.namespace)
        if self.acknowledgements.count > 0 { self.core.moved.add(self) }
    }

    // MARK: Sending from the old server

    /// Sends an answer, or an event that waits for nothing in a journal, to where the socket is.
    func sendAway(_ packet: EncodedPacket, _ flags: EmitFlags) {
        guard self.isAway else { return }
        var target = self.itself
        target.isVolatile = flags.isVolatile
        target.compresses = flags.compresses
        self.core.clusterAdapter?.broadcastAtOnce(packet.ownCopy(), to: target, in: self.namespace)
    }

    func performAway(_ operation: SocketOperation) {
        self.core.adapter.perform(operation, on: self.itself, in: self.namespace)
    }

    func askAway(_ question: EncodedPacket, timeout: Duration, _ completion: @escaping AcknowledgementCompletion) {
        let done = LoopBoundCompletion(completion)
        let question = question.ownCopy()
        Task {
            let asked = await self.core.adapter.ask(
                question, of: self.itself, in: self.namespace, timeout: timeout
            ) { _, answer in
                self.onLoop { done.call(answer.map(AcknowledgementAnswer.arguments)) }
            }
            if asked.value == 0 { self.onLoop { done.call(.failure(.disconnected)) } }
        }
    }

    // MARK: Arriving

    func restore(
        _ state: SocketSnapshot,
        waiting: [SocketPacket],
        answered: @escaping @Sendable (_ socketID: String, _ question: Int, ServerSideAnswer) -> Void
    ) {
        let local = self.shard.local(self.namespace)
        local.add(self)
        self.shard.lock.withLock {
            self.phase = .connected
            self.storage = state.data.compactMapValues(\.one)
        }
        self.joinNow(Array(state.rooms))
        self.setExpiry(state.expiry)
        if let shared = self.core.recovery?.shared {
            self.hold(shared, continuing: state.recovery)
        } else if let recovery = self.core.recovery {
            self.connection.finishRecovery(self, recovery)
        }
        self.waiting.append(contentsOf: waiting.map { ReceivedPacket($0) })
        self.connection.eventsWaiting(waiting.count, bytes: self.waiting.reduce(0) { $0 + $1.byteCount })
        self.acknowledgements.restore(next: state.nextQuestion)
        let id = self.id
        for question in state.questions.prefix(self.core.configuration.maxPendingAcknowledgements) {
            let timer = self.shard.timers.schedule(after: Self.longestForwarding) {
                _ = self.acknowledgements.remove(question)
            }
            self.acknowledgements.insert(
                question,
                .init(timer: timer) { result in
                    // Whoever asked has its own time, and hears of the old server's end.
                    guard case .success(let answer) = result else { return }
                    answered(id, question, ServerSideAnswer(.success(answer.arguments(for: self))))
                })
        }
    }

    /// How long the answers to the old server's questions are forwarded. It will not live longer.
    private static let longestForwarding = TimeAmount.seconds(60)
}

/// Called at most once.
///
/// `@unchecked Sendable`: used on the socket's event loop only.
private final class LoopBoundCompletion: @unchecked Sendable {
    private var completion: AcknowledgementCompletion?

    init(_ completion: @escaping AcknowledgementCompletion) { self.completion = completion }

    func call(_ result: Result<AcknowledgementAnswer, AcknowledgementError>) {
        self.completion.take()?(result)
    }
}

/// The sockets that went to another server and wait for answers of their clients.
final class MovedSockets: Sendable {
    private let sockets = NIOLockedValueBox<[String: Socket]>([:])

    func add(_ socket: Socket) { self.sockets.withLockedValue { $0[socket.id] = socket } }

    /// The client has answered on the server where its socket is.
    func answered(_ id: String, question: Int, _ answer: ServerSideAnswer) {
        guard let socket = self.sockets.withLockedValue({ $0[id] }) else { return }
        socket.onLoop {
            socket.finish(question, answer.result.map(AcknowledgementAnswer.arguments))
            if socket.acknowledgements.count == 0 { self.remove(socket) }
        }
    }

    private func remove(_ socket: Socket) {
        self.sockets.withLockedValue { if $0[socket.id] === socket { $0[socket.id] = nil } }
    }

    /// No answer will come any more.
    func failAll() {
        let sockets = self.sockets.withLockedValue { sockets in
            defer { sockets = [:] }
            return Array(sockets.values)
        }
        for socket in sockets { socket.onLoop { socket.failAcknowledgements() } }
    }
}
