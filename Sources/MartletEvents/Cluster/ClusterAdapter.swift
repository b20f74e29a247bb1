// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Atomics
internal import Logging
internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Reaches the sockets of all servers of a cluster: those of this server through a ``LocalAdapter``, those of the others
/// through messages on a bus, which their adapters hand to their ``LocalAdapter``.
///
/// Each namespace is a channel, so the messages about one socket stay in order. A message is published before this
/// server's own sockets are concerned.
final class ClusterAdapter: Adapter {
    /// The id of this node; new for each server object.
    let id: String
    let configuration: ClusterConfiguration
    let local = LocalAdapter()
    let logger: ThrottledLogger
    let traffic: ClusterTraffic.Counter
    let clock: any Clock<Duration>
    /// Whether there are servers of other kinds on the bus.
    let hasPeers: Bool
    /// Whether it is no node, and knows no others: it publishes all the same.
    private let isEmitter: Bool
    let order = OperationOrder()
    let handovers = Handovers()
    /// Set once, by ``ServerCore/enter(_:)``.
    private let owner = NIOLockedValueBox<WeakCore>(WeakCore())
    private let state: NIOLockedValueBox<State>
    /// Nil unless the bus keeps what it carries.
    let journal: (any RecoveryJournal)?
    /// Set once, before the server enters the cluster, if recovery is the cluster's.
    private let recovery = ManagedAtomicLazyReference<SharedRecovery>()

    struct State: Sendable {
        /// Nil when the server has left the cluster.
        var bus: (any ClusterBus)?
        /// None when the server has left the cluster: they refer to what the bus is made of.
        var peers: [any ClusterPeer] = []
        var nodes = ClusterNodes()
        /// Where this node takes forwarded requests.
        var location: NodeLocation?
        /// The namespaces that this node takes part in, by name. A namespace that goes and comes again is another object.
        var namespaces: [String: Part] = [:]
        fileprivate var questions: [Int: OpenQuestion] = [:]
        fileprivate var lastQuestion = 0
        /// To the answers, and to what concerns the membership.
        var subscriptions: [ClusterSubscription] = []
        var participants: [Int: ClusterParticipant] = [:]
        fileprivate var lastParticipant = 0
        var heartbeats: Task<Void, Never>?
    }

    /// A part of the server that speaks with its like on the other servers over a channel of its own.
    struct ClusterParticipant: Sendable {
        /// Called once in each heartbeat's interval.
        let heartbeat: @Sendable () -> Void
        /// Called when a server has died or left.
        let lost: @Sendable (_ node: String) -> Void
    }

    struct Part: Sendable {
        let namespace: ObjectIdentifier
        let subscription: ClusterSubscription
        /// Nil where rooms have no channels.
        let rooms: RoomChannels?

        func cancel() {
            self.subscription.cancel()
            self.rooms?.cancel()
        }
    }

    fileprivate struct OpenQuestion {
        let question: any ClusterQuestion
        var timer: Task<Void, Never>?
    }

    init(
        bus: any ClusterBus,
        configuration: ClusterConfiguration,
        clock: any Clock<Duration>,
        logger: ThrottledLogger,
        isEmitter: Bool = false
    ) {
        self.isEmitter = isEmitter
        // An id for sessions is random enough, and has none of the characters that brokers treat specially.
        let id = SessionID(shard: 0).description
        self.id = id
        let traffic = ClusterTraffic.Counter()
        self.traffic = traffic
        let node = PeerNode(id: id, responseTimeout: configuration.responseTimeout, clock: clock) { channel, error in
            traffic.dropped()
            Self.drop(channel, error, logger)
        }
        let peers = (bus as? any PeeringBus)?.makePeers(for: node) ?? []
        self.hasPeers = !peers.isEmpty
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        self.journal = (bus as? any DurableBus)?.journal
        self.state = NIOLockedValueBox(State(bus: bus, peers: peers))
    }

    /// The server of this adapter.
    var core: ServerCore? {
        get { self.owner.withLockedValue { $0.core } }
        set { self.owner.withLockedValue { $0.core = newValue } }
    }

    private struct WeakCore: Sendable {
        weak var core: ServerCore?
    }

    var shared: SharedRecovery? { self.recovery.load() }

    func share(_ recovery: SharedRecovery) { _ = self.recovery.storeIfNilThenLoad(recovery) }

    func withState<Value>(_ body: (inout State) -> Value) -> Value { self.state.withLockedValue(body) }

    /// How many other servers this one knows; for tests.
    var nodeCount: Int { self.withState { $0.nodes.count } }
    /// How many questions are unanswered; for tests.
    var questionCount: Int { self.withState { $0.questions.count } }

    /// Whether another server is there.
    func knows(_ node: String) -> Bool { self.withState { $0.nodes.contains(node) } }

    /// - Returns: ends the participation when it is cancelled.
    func add(_ participant: ClusterParticipant) -> ClusterSubscription {
        let number = self.withState { state in
            state.lastParticipant += 1
            state.participants[state.lastParticipant] = participant
            return state.lastParticipant
        }
        participant.heartbeat()
        return ClusterSubscription { [weak self] in self?.withState { $0.participants[number] = nil } }
    }

    // MARK: The bus

    func publish<Body: Codable & Sendable>(_ body: Body, to channel: String) {
        guard let bus = self.withState({ $0.bus }) else { return }
        do {
            bus.publish(try ClusterMessage(from: self.id, body).written(), to: channel)
            self.traffic.sent()
        } catch {
            self.logger.log(level: .error) { "no message to the cluster: \(LoggedError(error))" }
        }
    }

    func publish(_ operation: ClusterOperation, in namespace: Namespace) {
        let channel = self.configuration.channel(of: namespace)
        self.publish(operation, self.order.take(nil) {}, to: channel, in: namespace)
    }

    /// Whether no other server takes part in a namespace, so that nothing need be published about it. A server makes
    /// itself known before it serves.
    private func isAlone(in namespace: Namespace) -> Bool {
        !self.isEmitter && self.withState { $0.nodes.hasNoMembers(of: namespace.name) }
    }

    /// Numbers an operation that concerns only the sockets of a target, and publishes it.
    func turn(
        of operation: ClusterOperation,
        _ recorded: RecordedOperation.Body,
        for target: BroadcastTarget,
        in namespace: Namespace
    ) -> OperationTurn {
        let channel = self.channel(of: operation, for: target, in: namespace)
        let recorded = RecordedOperation(
            recorded, at: .bus(node: self.id, channel: channel, number: nil), in: namespace.name)
        var number = 0
        return OperationTurn(
            take: { number = self.order.take(recorded, $0) },
            taken: { self.publish(operation, number, to: channel, in: namespace) }
        )
    }

    private func publish(_ operation: ClusterOperation, _ number: Int, to channel: String, in namespace: Namespace) {
        let bus = self.isAlone(in: namespace) ? nil : self.withState { $0.bus }
        var message: ByteBuffer?
        do {
            if bus != nil { message = try ClusterMessage(from: self.id, number: number, operation).written() }
        } catch {
            self.logger.log(level: .error) { "no message to the cluster: \(LoggedError(error))" }
        }
        if message != nil { self.traffic.sent() }
        self.order.publish(number, message, to: channel, on: bus)
    }

    /// The channel of what concerns only the sockets of a target.
    private func channel(
        of operation: ClusterOperation,
        for target: BroadcastTarget,
        in namespace: Namespace
    ) -> String {
        let common = self.configuration.channel(of: namespace)
        guard self.configuration.channels == .rooms,
            let rooms = self.withState({ $0.namespaces[namespace.name]?.rooms })
        else { return common }
        if case .perform(.join(let names), _) = operation { rooms.willJoin(names) }
        // A history is kept where the room has no members, too.
        guard target.rooms.count == 1, let room = target.rooms.first, !target.isKept, rooms.isSettled(room)
        else { return common }
        return self.configuration.channel(of: room, in: namespace) ?? common
    }

    /// Calls `body` with what other nodes say on a channel.
    func subscribe<Body: Codable & Sendable>(
        to channel: String,
        _ body: @escaping @Sendable (_ adapter: ClusterAdapter, _ node: String, Body) -> Void
    ) -> ClusterSubscription? {
        self.subscribe(toMessagesOn: channel) { body($0, $1.from, $1.body) }
    }

    /// Calls `body` with each message of other nodes on a channel.
    func subscribe<Body: Codable & Sendable>(
        toMessagesOn channel: String,
        _ body: @escaping @Sendable (_ adapter: ClusterAdapter, ClusterMessage<Body>) -> Void
    ) -> ClusterSubscription? {
        guard let bus = self.withState({ $0.bus }) else { return nil }
        return bus.subscribe(to: channel) { [weak self] message in
            guard let self else { return }
            do {
                let message = try ClusterMessage<Body>(reading: message)
                guard message.from != self.id else { return }
                self.traffic.received()
                self.withState { $0.nodes.heard(message.from) }
                body(self, message)
            } catch {
                self.drop(channel, error)
            }
        }
    }

    /// A message came that no server of this version has sent.
    func drop(_ channel: String, _ error: any Error) {
        self.traffic.dropped()
        Self.drop(channel, error, self.logger)
    }

    private static func drop(_ channel: String, _ error: any Error, _ logger: ThrottledLogger) {
        logger.log(level: .warning) { "a message on \(channel) of the cluster's bus is dropped: \(LoggedError(error))" }
    }

    // MARK: Questions

    /// Asks the other nodes of a namespace, if there are any.
    /// - Parameters:
    ///   - timeouts: in turn.
    ///   - make: makes the question for these nodes. It is known until ``end(_:)`` is called with its number.
    ///   - operation: makes what is published, with the question's number.
    func ask<Question: ClusterQuestion>(
        in namespace: Namespace,
        _ timeouts: [ClusterTimeout<Question>],
        _ make: (_ nodes: Set<String>, _ number: Int) -> Question,
        operation: (_ number: Int) -> ClusterOperation
    ) -> (question: Question, number: Int) {
        let (question, number, isAlone) = self.withState { state in
            state.lastQuestion += 1
            let nodes = state.nodes.members(of: namespace.name)
            let question = make(nodes, state.lastQuestion)
            if !nodes.isEmpty { state.questions[state.lastQuestion] = OpenQuestion(question: question) }
            return (question, state.lastQuestion, nodes.isEmpty)
        }
        if isAlone { return (question, number) }
        self.publish(operation(number), in: namespace)
        let clock = self.clock
        let timer = Task {
            for timeout in timeouts {
                do { try await clock.sleep(for: timeout.after) } catch { return }
                timeout.action(question)
            }
        }
        let isOpen = self.withState { state in
            state.questions[number]?.timer = timer
            return state.questions[number] != nil
        }
        if !isOpen { timer.cancel() }
        return (question, number)
    }

    func end(_ question: Int) {
        self.withState { $0.questions.removeValue(forKey: question) }?.timer?.cancel()
    }

    func question(_ number: Int) -> (any ClusterQuestion)? {
        self.withState { $0.questions[number]?.question }
    }

    /// Tells all open questions something.
    func forEachQuestion(_ body: (any ClusterQuestion) -> Void) {
        for open in self.withState({ Array($0.questions.values) }) { body(open.question) }
    }
}
