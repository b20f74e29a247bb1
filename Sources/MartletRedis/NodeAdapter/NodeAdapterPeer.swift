// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import MartletEvents
internal import NIOConcurrencyHelpers
internal import NIOCore

/// The wire of Socket.IO's Redis adapter for Node (`createAdapter`), on which this node is one more server, and of its
/// emitter for processes without a server.
///
/// What Node's servers do, this does, but for this:
/// - Operations on this node's own sockets are done at once, not when the message about them comes back, so they do not
///   depend on Redis.
/// - A response without what was asked for counts as an answer, so nobody waits for its time to end.
/// - A message that cannot be read costs that message.
///
/// The nodes of a cluster know each other by their uids (``NodeUID``). They do not do what another node says here. They
/// do answer its questions, with ``NodeResponse/Body/node``, so that it can wait for as many answers as there are
/// subscribers.
final class NodeAdapterPeer: ClusterPeer {
    enum Question: Sendable {
        case servers(NodeQuestion)
        case sockets(NodePoll)
    }

    let configuration: RedisPeer.NodeAdapter
    let redis: any PubSub
    let node: PeerNode
    let uid: String
    private let questions = NIOLockedValueBox<[String: OpenQuestion]>([:])

    private struct OpenQuestion {
        let question: Question
        let timer: Task<Void, any Error>
    }

    init(_ configuration: RedisPeer.NodeAdapter, on redis: any PubSub, of node: PeerNode) {
        self.configuration = configuration
        self.redis = redis
        self.node = node
        self.uid = NodeUID.of(node)
    }

    // MARK: Channels

    /// What the names of the channels begin with that broadcasts come on.
    func broadcastPrefix(of namespace: String) -> String { "\(self.configuration.key)#\(namespace)#" }

    func requestChannel(of namespace: String) -> String { "\(self.configuration.key)-request#\(namespace)#" }

    func responseChannel(of namespace: String) -> String { "\(self.configuration.key)-response#\(namespace)#" }

    /// - Parameter uid: the uid of the server that has asked.
    func responseChannel(of namespace: String, for uid: String) -> String {
        self.responseChannel(of: namespace) + "\(uid)#"
    }

    func takePart(in namespace: PeerNamespace) -> ClusterSubscription {
        let (prefix, requests) = (
            self.broadcastPrefix(of: namespace.name), self.requestChannel(of: namespace.name)
        )
        let responses = [
            self.responseChannel(of: namespace.name), self.responseChannel(of: namespace.name, for: self.uid),
        ]
        var subscriptions = [
            self.redis.subscribe(toPattern: RedisPattern.beginning(with: prefix)) { [weak self] channel, message in
                self?.receivedBroadcast(message, on: channel, in: namespace)
            },
            self.redis.subscribe(to: requests) { [weak self] message in
                self?.receivedRequest(message, on: requests, in: namespace)
            },
        ]
        for channel in responses {
            subscriptions.append(
                self.redis.subscribe(to: channel) { [weak self] in self?.receivedResponse($0, on: channel) })
        }
        return ClusterSubscription { [subscriptions] in for subscription in subscriptions { subscription.cancel() } }
    }

    func broadcast(_ event: PeerEvent, to target: BroadcastTarget, in namespace: PeerNamespace) {
        var channel = self.broadcastPrefix(of: namespace.name)
        if target.rooms.count == 1 { channel += "\(target.rooms[0])#" }
        let broadcast = NodeBroadcast(uid: self.uid, event, in: namespace.name, to: target)
        self.publish(on: channel) { try broadcast.written() }
    }

    func perform(_ operation: SocketOperation, on target: BroadcastTarget, in namespace: PeerNamespace) {
        self.publish(.perform(operation, target), in: namespace)
    }

    func send(_ event: PeerEvent, in namespace: PeerNamespace) {
        self.publish(.serverSide(event), in: namespace)
    }

    func publish(_ body: NodeRequest.Body, id: String? = nil, in namespace: PeerNamespace) {
        let request = NodeRequest(uid: self.uid, id: id, body)
        self.publish(on: self.requestChannel(of: namespace.name)) { try request.written() }
    }

    func publish(on channel: String, _ message: () throws -> ByteBuffer) {
        do {
            self.redis.publish(try message(), to: channel)
        } catch {
            self.node.onDrop(channel, error)
        }
    }

    // MARK: Questions

    /// An id that no other server's question has.
    static func makeQuestionID() -> String { SessionID(shard: 0).description }

    /// Makes a question known to those who answer, until ``close(_:)`` is called.
    /// - Parameter timer: what happens to it at some time.
    func open(_ question: Question, _ id: String, timer: @escaping @Sendable () async throws -> Void) {
        self.questions.withLockedValue { $0[id] = OpenQuestion(question: question, timer: Task { try await timer() }) }
    }

    func close(_ id: String) {
        self.questions.withLockedValue { $0.removeValue(forKey: id) }?.timer.cancel()
    }

    func question(_ id: String) -> Question? { self.questions.withLockedValue { $0[id]?.question } }

    /// How many questions are open; for tests.
    var questionCount: Int { self.questions.withLockedValue { $0.count } }
}
