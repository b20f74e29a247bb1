// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import MartletEvents
internal import NIOConcurrencyHelpers
internal import NIOCore

/// The wire of python-socketio's Redis managers: one channel for all namespaces. There are no questions on it but for the
/// callbacks of one client, and it is not known how many servers there are.
///
/// Each node of a cluster does what comes here to its own sockets. What another node has published is not done again.
final class PythonPeer: ClusterPeer {
    private struct State {
        var namespaces: [String: (id: Int, namespace: PeerNamespace)] = [:]
        var lastID = 0
        var subscription: ClusterSubscription?
    }

    private let configuration: RedisPeer.PythonSocketIO
    private let redis: any PubSub
    private let node: PeerNode
    private let hostID: String
    private let state = NIOLockedValueBox(State())

    /// What the ids of nodes begin with. A manager's id is 32 hexadecimal digits.
    private static let nodeMark = "martlet-"

    init(_ configuration: RedisPeer.PythonSocketIO, on redis: any PubSub, of node: PeerNode) {
        self.configuration = configuration
        self.redis = redis
        self.node = node
        self.hostID = Self.nodeMark + node.id
    }

    func takePart(in namespace: PeerNamespace) -> ClusterSubscription {
        let id = self.state.withLockedValue { state in
            state.lastID += 1
            state.namespaces[namespace.name] = (state.lastID, namespace)
            if state.subscription == nil {
                state.subscription = self.redis.subscribe(to: self.configuration.channel) { [weak self] in
                    self?.received($0)
                }
            }
            return state.lastID
        }
        return ClusterSubscription { self.leave(namespace.name, id) }
    }

    private func leave(_ namespace: String, _ id: Int) {
        let subscription = self.state.withLockedValue { state -> ClusterSubscription? in
            if state.namespaces[namespace]?.id == id { state.namespaces[namespace] = nil }
            return state.namespaces.isEmpty ? state.subscription.take() : nil
        }
        subscription?.cancel()
    }

    // MARK: Receiving

    private func received(_ message: ByteBuffer) {
        do {
            guard let message = try PythonMessage(reading: message), !message.hostID.hasPrefix(Self.nodeMark),
                let (_, namespace) = self.state.withLockedValue({ $0.namespaces[message.namespace] })
            else { return }
            try self.carryOut(message, in: namespace)
        } catch {
            self.node.onDrop(self.configuration.channel, error)
        }
    }

    private func carryOut(_ message: PythonMessage, in namespace: PeerNamespace) throws {
        switch message.body {
        case .emit(let event, let rooms, let skipped, let callback):
            // No rooms are nobody, as in Python; in a target they would be everybody.
            if let rooms, rooms.isEmpty { return }
            var target = BroadcastTarget(rooms: rooms ?? [])
            target.except = skipped
            guard let callback else { return try namespace.broadcast(event, to: target) }
            self.ask(event, of: target, in: namespace, callback, hostID: message.hostID)
        case .disconnect(let id):
            namespace.perform(.disconnect(closingConnection: false), on: BroadcastTarget(rooms: [id]))
        case .enterRoom(let id, let room): namespace.perform(.join([room]), on: BroadcastTarget(rooms: [id]))
        case .leaveRoom(let id, let room): namespace.perform(.leave([room]), on: BroadcastTarget(rooms: [id]))
        case .closeRoom(let room): namespace.perform(.leave([room]), on: BroadcastTarget(rooms: [room]))
        // Nodes do not ask here.
        case .callback: return
        }
    }

    /// - Parameter hostID: who asks.
    private func ask(
        _ event: PeerEvent,
        of target: BroadcastTarget,
        in namespace: PeerNamespace,
        _ callback: PythonMessage.Callback,
        hostID: String
    ) {
        Task {
            do {
                _ = try await namespace.ask(event, of: target, timeout: Self.callbackTimeout) { result in
                    guard case .success(let answer) = result else { return }
                    self.publish(
                        .callback(callback, arguments: answer.values.map(\.withoutBinary)), from: hostID,
                        in: namespace.name)
                }
            } catch {
                self.node.onDrop(self.configuration.channel, error)
            }
        }
    }

    /// Python's callbacks have no time of their own.
    private static let callbackTimeout = Duration.seconds(60)

    // MARK: Sending

    func broadcast(_ event: PeerEvent, to target: BroadcastTarget, in namespace: PeerNamespace) {
        guard self.configuration.publishesBroadcasts else { return }
        // Only single sockets can be left out. Sent to all, the event would reach those who must not get it.
        guard target.except.allSatisfy(Self.isSocketID) else {
            return self.node.onDrop(
                self.configuration.channel,
                ForeignMessageError("python-socketio cannot leave out a room: '\(event.name)' is not sent to it"))
        }
        self.publish(
            .emit(event, rooms: target.rooms.isEmpty ? nil : target.rooms, skipped: target.except, callback: nil),
            from: self.hostID, in: namespace.name)
    }

    /// Python acts on single sockets. A room that is no socket of a Python server is none of its business, so each room is
    /// sent as if it were one.
    func perform(_ operation: SocketOperation, on target: BroadcastTarget, in namespace: PeerNamespace) {
        guard self.configuration.publishesBroadcasts, target.except.isEmpty else { return }
        for id in target.rooms {
            switch operation {
            case .join(let rooms):
                for room in rooms { self.publish(.enterRoom(id, room: room), from: self.hostID, in: namespace.name) }
            case .leave(let rooms):
                for room in rooms {
                    let body: PythonMessage.Body = room == id ? .closeRoom(room) : .leaveRoom(id, room: room)
                    self.publish(body, from: self.hostID, in: namespace.name)
                }
            case .disconnect: self.publish(.disconnect(id), from: self.hostID, in: namespace.name)
            // No socket of Python has credentials of this kind.
            case .expire: break
            }
        }
    }

    /// Whether a name looks like the id of a socket: this server's, or python-socketio's with 20 characters of base64.
    private static func isSocketID(_ name: String) -> Bool {
        SessionID(name) != nil
            || name.utf8.count == 20
                && name.utf8.allSatisfy { byte in
                    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                        || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
                        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                }
    }

    private func publish(_ body: PythonMessage.Body, from hostID: String, in namespace: String) {
        do {
            self.redis.publish(
                try PythonMessage(from: hostID, in: namespace, body).written(), to: self.configuration.channel)
        } catch {
            self.node.onDrop(self.configuration.channel, error)
        }
    }
}
