// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import SocketIOWire

/// The end of a socket, in this order: `onDisconnecting` handlers run, the socket leaves its rooms, `onDisconnect`
/// handlers run. Events that still wait for a handler are dropped.
extension Socket {
    /// Adds a handler that is called when the socket is about to leave the namespace; the socket is still in its rooms.
    @discardableResult
    public func onDisconnecting(_ handler: @escaping @Sendable (DisconnectReason) -> Void) -> HandlerToken {
        self.add(handler) { $0.disconnecting.append($1) }
    }

    /// Adds a handler that is called when the socket has left the namespace; the socket is in no room. What is known
    /// beyond the reason is in its `details`.
    @discardableResult
    public func onDisconnect(_ handler: @escaping @Sendable (DisconnectReason) -> Void) -> HandlerToken {
        self.add(.sync(handler)) { $0.disconnected.append($1) }
    }

    /// Adds a handler that is called when the socket has left the namespace; the socket is in no room. Other handlers
    /// do not wait for this one.
    @discardableResult
    public func onDisconnect(_ handler: @escaping @Sendable (DisconnectReason) async -> Void) -> HandlerToken {
        self.add(.async(handler)) { $0.disconnected.append($1) }
    }

    /// Makes the client leave the namespace.
    /// - Parameter closingConnection: whether the client's other namespaces and its connection end too.
    public func disconnect(closingConnection: Bool = false) {
        guard let shared = self.core.recovery?.shared, shared.journal.isAvailable, self.isConnected else {
            return self.onLoop {
                if self.isAway { return self.performAway(.disconnect(closingConnection: closingConnection)) }
                self.disconnectNow(closingConnection: closingConnection)
            }
        }
        self.disconnectInOrder(closingConnection: closingConnection)
    }

    /// Ends the socket after the events that were sent before, which pass through the cluster's journal.
    private func disconnectInOrder(closingConnection: Bool) {
        var target = BroadcastTarget()
        target.rooms = [self.id]
        self.core.adapter.perform(
            .disconnect(closingConnection: closingConnection), on: target, in: self.namespace)
        self.onLoop {
            // The journal may fail just now, and the end must not depend on it.
            self.shard.timers.schedule(after: .seconds(5)) { [weak self] in
                self?.disconnectNow(closingConnection: closingConnection)
            }
        }
    }

    func disconnectNow(closingConnection: Bool) {
        guard self.phase != .disconnected, self.phase != .moved else { return }
        if closingConnection {
            self.connection.leaveAll()
        } else {
            self.connection.leave(self, .serverNamespaceDisconnect, tellingClient: true)
        }
    }

    /// The socket has left the namespace, or its connection has ended. Called on the event loop.
    func disconnected(_ reason: DisconnectReason) {
        let wasConnected = self.phase == .connected || self.phase == .frozen
        guard self.phase != .disconnected else { return }
        if wasConnected {
            for listener in self.state.listeners.others?.disconnecting ?? [] { listener.body(reason) }
        }
        self.leaveRecovery(reason)
        self.cancelExpiry()
        let local = self.shard.local(self.namespace)
        local.remove(self)
        self.shard.lock.withLock { self.phase = .disconnected }
        self.dropWaiting()
        self.failAcknowledgements()
        self.session.endDrainWaits(of: self, reason)
        let listeners = self.state.listeners.others?.disconnected ?? []
        // Most handlers retain the socket: this breaks the retain cycle.
        self.state.listeners = Listeners()
        self.core.left(self.namespace)
        self.cancelTasks()
        guard wasConnected else { return }
        self.shard.disconnects[reason, default: 0] += 1
        self.session.shard.log.left(self.id, self.namespace.name, of: self.session, reason)
        for listener in self.sharedListeners.disconnected {
            switch listener {
            case .sync(let handler): handler(self, reason)
            case .async(let handler): self.shard.startTask { await handler(self, reason) }
            }
        }
        for listener in listeners {
            switch listener.body {
            case .sync(let handler): handler(reason)
            case .async(let handler): self.shard.startTask { await handler(reason) }
            }
        }
    }
}
