// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import MartletEngine
internal import MartletEvents
internal import NIOConcurrencyHelpers

/// A socket that admins look at: it has handlers that hear all of its events, and tell the admins.
final class WatchedSocket: Sendable {
    private struct State {
        var admins: [String: Socket] = [:]
        var handlers: [HandlerToken] = []
        var path: [TransportStep] = []
        var events = Deque<WatchedEvent>()
        var budget = EventBudget()
    }

    private struct Reference: Encodable, Sendable {
        let namespace: String
        let id: String
    }

    private struct End: Encodable, Sendable {
        let reason: String
        let at: Int
    }

    private static let eventsKept = 100
    private static let stepsKept = 50

    let socket: Socket
    private let state = NIOLockedValueBox(State())

    init(_ socket: Socket) {
        self.socket = socket
    }

    /// The path of transports and the last events.
    var account: (path: [TransportStep], events: [WatchedEvent]) {
        self.state.withLockedValue { ($0.path, Array($0.events)) }
    }

    /// - Parameter ended: called when the socket has left.
    func begin(ended: @escaping @Sendable () -> Void) {
        let handlers = [
            self.socket.onAny { event, _ in self.heard(event, .fromClient, at: .millisecondsSince1970) },
            self.socket.onAnyOutgoing { event, _ in self.heard(event, .toClient, at: .millisecondsSince1970) },
            self.socket.onTransportChange { self.moved(to: $0) },
            self.socket.onDisconnect { (reason: DisconnectReason) in
                self.tell("gone", End(reason: reason.rawValue, at: .millisecondsSince1970))
                ended()
            },
        ]
        let handshake = self.socket.handshake
        let first = handshake.query["transport"] ?? self.socket.transport.rawValue
        let current = self.socket.transport.rawValue
        self.state.withLockedValue { state in
            state.handlers = handlers
            // A change that was heard meanwhile comes last.
            let missed = current == first || !state.path.isEmpty ? [] : [TransportStep(transport: current, at: nil)]
            state.path = [TransportStep(transport: first.cut, at: handshake.issued)] + missed + state.path
        }
    }

    func end() {
        for handler in self.state.withLockedValue({ $0.handlers }) { self.socket.off(handler) }
    }

    func add(_ admin: Socket) { self.state.withLockedValue { $0.admins[admin.id] = admin } }

    /// - Returns: whether nobody looks any more.
    func remove(_ admin: String) -> Bool {
        self.state.withLockedValue { state in
            state.admins[admin] = nil
            return state.admins.isEmpty
        }
    }

    // MARK: On the socket's event loop

    /// - Parameter now: in milliseconds since 1970.
    func heard(_ name: String, _ direction: WatchedEvent.Direction, at now: Int) {
        let event: WatchedEvent? = self.state.withLockedValue { state in
            guard let skipped = state.budget.take(at: now) else { return nil }
            let event = WatchedEvent(direction: direction, name: name.cut, at: now, skipped: skipped)
            if state.events.count == Self.eventsKept { state.events.removeFirst() }
            state.events.append(event)
            return event
        }
        if let event { self.tell("event", event) }
    }

    private func moved(to transport: TransportName) {
        let step = TransportStep(transport: transport.rawValue, at: .millisecondsSince1970)
        self.state.withLockedValue { state in
            if state.path.count == Self.stepsKept { state.path.remove(at: 1) }
            state.path.append(step)
        }
        self.tell("transport", step)
    }

    private func tell(_ what: String, _ value: some Encodable & Sendable) {
        let reference = Reference(namespace: self.socket.namespace.name, id: self.socket.id)
        guard let socket = try? SocketArgument(encoding: reference), let value = try? SocketArgument(encoding: value)
        else { return }
        for admin in self.state.withLockedValue({ $0.admins.values }) { admin.emit(Event(what), socket, value) }
    }
}

extension Int {
    static var millisecondsSince1970: Int {
        let (seconds, attoseconds) = SocketHandshake.now().components
        return Int(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }
}
