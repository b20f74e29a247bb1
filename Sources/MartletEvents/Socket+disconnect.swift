// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import MartletEngine
internal import NIOConcurrencyHelpers
internal import SocketIOWire

/// The end of a socket: handlers of the coming disconnect run, then it leaves its rooms, then handlers of the
/// disconnect run. Events that still wait for a handler are dropped.
extension Socket {
    /// Called when the socket is about to leave; it is still in its rooms.
    public func onDisconnecting(_ handler: @escaping @Sendable (DisconnectReason) -> Void) {
        self.onLoop {
            guard self.phase != .disconnected else { return }
            self.state.listeners.disconnecting.append(handler)
        }
    }

    /// Called when the socket has left; it is in no room.
    public func onDisconnect(_ handler: @escaping @Sendable (DisconnectReason) -> Void) {
        self.add(.sync(handler))
    }

    /// Called when the socket has left; it is in no room. Others do not wait for it.
    public func onDisconnect(_ handler: @escaping @Sendable (DisconnectReason) async -> Void) {
        self.add(.async(handler))
    }

    private func add(_ listener: Listeners.DisconnectListener) {
        self.onLoop {
            guard self.phase != .disconnected else { return }
            self.state.listeners.disconnected.append(listener)
        }
    }

    /// Makes the client leave the namespace.
    /// - Parameter closingConnection: whether its other namespaces end too, and the connection with them.
    public func disconnect(closingConnection: Bool = false) {
        self.onLoop { self.disconnectNow(closingConnection: closingConnection) }
    }

    func disconnectNow(closingConnection: Bool) {
        guard self.phase != .disconnected else { return }
        if closingConnection {
            self.connection.leaveAll()
        } else {
            self.connection.leave(self, .serverNamespaceDisconnect, tellingClient: true)
        }
    }

    /// The socket has left, or its connection is gone. On the loop.
    func disconnected(_ reason: DisconnectReason) {
        let wasConnected = self.phase == .connected
        guard self.phase != .disconnected else { return }
        if wasConnected {
            for listener in self.state.listeners.disconnecting { listener(reason) }
        }
        let local = self.shard.local(self.namespace)
        local.remove(self)
        self.shard.lock.withLock { self.phase = .disconnected }
        self.dropWaiting()
        self.failAcknowledgements()
        let listeners = self.state.listeners.disconnected
        // Handlers mostly hold the socket that holds them.
        self.state.listeners = Listeners()
        guard wasConnected else { return }
        for listener in listeners {
            switch listener {
            case .sync(let handler): handler(reason)
            case .async(let handler): self.shard.executor.start { await handler(reason) }
            }
        }
    }
}
