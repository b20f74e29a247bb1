// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEvents
internal import NIOCore

/// What other servers say on Node's wire.
extension NodeAdapterPeer {
    func receivedBroadcast(_ message: ByteBuffer, on channel: String, in namespace: PeerNamespace) {
        if NodeUID.isNode(sender: message) { return }
        self.reading(channel) {
            let broadcast = try NodeBroadcast(reading: message)
            // The channel of another namespace may look like that of a room of this one.
            guard !NodeUID.isNode(broadcast.uid), broadcast.namespace == namespace.name else { return }
            try namespace.broadcast(broadcast.event, to: broadcast.target)
        }
    }

    func receivedRequest(_ message: ByteBuffer, on channel: String, in namespace: PeerNamespace) {
        self.reading(channel) {
            guard let request = try NodeRequest(reading: message), request.uid != self.uid else { return }
            if let uid = request.uid, NodeUID.isNode(uid) {
                if let id = request.id {
                    self.publish(.node, to: id, on: self.responseChannel(of: namespace.name, for: uid))
                }
            } else {
                try self.carryOut(request, in: namespace)
            }
        }
    }

    func receivedResponse(_ message: ByteBuffer, on channel: String) {
        self.reading(channel) {
            let response = try NodeResponse(reading: message)
            switch (self.question(response.id), response.body) {
            case (nil, _): return
            case (.sockets(let poll), .acknowledgement(let value)):
                poll.received(try SocketArguments(value.map { [$0] } ?? []))
            case (.sockets(let poll), _): poll.servers.received(response.body)
            case (.servers(let question), _): question.received(response.body)
            }
        }
    }

    private func reading(_ channel: String, _ body: () throws -> Void) {
        do {
            try body()
        } catch {
            self.node.onDrop(channel, error)
        }
    }

    private func carryOut(_ request: NodeRequest, in namespace: PeerNamespace) throws {
        switch request.body {
        case .sockets(let rooms):
            self.answer(request, in: namespace) {
                .sockets(await namespace.sockets(BroadcastTarget(rooms: rooms)).map { .string($0.id) })
            }
        case .allRooms:
            self.answer(request, in: namespace) {
                let sockets = await namespace.sockets(BroadcastTarget())
                return .rooms(sockets.reduce(into: Set()) { $0.formUnion($1.rooms) }.sorted())
            }
        case .perform(let operation, let target): namespace.perform(operation, on: target)
        case .performOne(let operation, let id):
            let target = BroadcastTarget(rooms: [id])
            self.answer(request, in: namespace) {
                let isHere = await namespace.count(target) > 0
                if isHere { namespace.perform(operation, on: target) }
                return isHere ? .done : nil
            }
        case .fetch(let target):
            self.answer(request, in: namespace) { .sockets(await namespace.describe(target).map(\.nodeSocket)) }
        case .serverSide(let event):
            try namespace.received(event) { result in
                // As in Node, a server without a handler, or whose handler fails, does not answer.
                guard let id = request.id, case .success(let answer) = result else { return }
                // Always the general channel, as in Node.
                self.publish(.serverSide(answer.values.first), to: id, on: self.responseChannel(of: namespace.name))
            }
        case .ask(let event, let target, let named, let timeout):
            guard named == namespace.name else { return }
            let duration = timeout.map { Duration.milliseconds(min(max($0, 0), 86_400_000)) }
            self.answer(request, in: namespace) {
                let count = try await namespace.ask(
                    event, of: target, timeout: duration ?? self.node.responseTimeout
                ) { result in
                    guard let id = request.id, case .success(let answer) = result else { return }
                    self.publish(
                        .acknowledgement(answer.values.first), to: id, on: self.channel(for: request, in: namespace))
                }
                return .clientCount(count)
            }
        }
    }

    /// - Parameter body: returns nil for no answer.
    private func answer(
        _ request: NodeRequest,
        in namespace: PeerNamespace,
        _ body: @escaping @Sendable () async throws -> NodeResponse.Body?
    ) {
        let channel = self.channel(for: request, in: namespace)
        Task {
            do {
                if let body = try await body(), let id = request.id { self.publish(body, to: id, on: channel) }
            } catch {
                self.node.onDrop(self.requestChannel(of: namespace.name), error)
            }
        }
    }

    private func channel(for request: NodeRequest, in namespace: PeerNamespace) -> String {
        guard self.configuration.publishesOnSpecificResponseChannel, let uid = request.uid else {
            return self.responseChannel(of: namespace.name)
        }
        return self.responseChannel(of: namespace.name, for: uid)
    }

    private func publish(_ body: NodeResponse.Body, to id: String, on channel: String) {
        self.publish(on: channel) { try NodeResponse(to: id, body).written() }
    }
}

extension BroadcastTarget {
    init(rooms: [String]) {
        self.init()
        self.rooms = rooms
    }
}
