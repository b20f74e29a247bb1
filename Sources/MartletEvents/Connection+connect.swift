// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import SocketIOWire

/// Joining a namespace, in this order: middleware decides, the client gets the answer, the connection handlers run, and
/// then the events that the client has sent meanwhile are handled.
extension Connection {
    func connect(_ packet: SocketPacket) {
        // A client that left a namespace before it was answered may join the namespace again without a disconnect
        // packet in between. Only the old socket ends then; the reference server ends the whole connection, with all
        // other namespaces.
        if let former = self.socket(of: packet.namespace) {
            self.leave(former, .clientNamespaceDisconnect, tellingClient: false)
        }
        self.willJoin(packet.namespace)
        let maxNamespaces = self.core.configuration.maxNamespaces
        guard self.sockets.count < maxNamespaces, self.runningMiddleware < maxNamespaces else {
            return self.refuse(packet.namespace, message: "Too many namespaces")
        }
        let auth =
            packet.payload.map {
                SocketArgument(
                    RawArguments(Array($0.readableBytesView), format: self.core.format), coder: self.core.coder)
            } ?? .emptyObject
        guard let namespace = self.core.namespaces.enter(packet.namespace, auth: auth) else {
            return self.refuse(packet.namespace, message: "Invalid namespace")
        }
        let handlers = namespace.handlers
        let socket = Socket(
            namespace: namespace,
            auth: auth,
            connection: self,
            sharedListeners: handlers.events
        )
        self.sockets.append(socket)
        guard let recovery = self.core.recovery else { return self.admit(socket, handlers) }
        self.recover(socket, recovery) { self.admit(socket, handlers) }
    }

    private func admit(_ socket: Socket, _ handlers: Namespace.Handlers) {
        let skipsMiddleware = socket.recovered && self.core.recovery?.settings.skipsMiddleware == true
        if handlers.middleware.isEmpty || skipsMiddleware {
            self.accept(socket, handlers)
        } else {
            self.runningMiddleware += 1
            let task = socket.state.tasks.begin()
            socket.startTask(task) {
                do {
                    for middleware in handlers.middleware { try await middleware(socket) }
                    socket.onLoop {
                        self.runningMiddleware -= 1
                        socket.endTask(task)
                        self.accept(socket, handlers)
                    }
                } catch {
                    socket.onLoop {
                        self.runningMiddleware -= 1
                        self.refuse(socket, socket.endTask(task, failed: error))
                    }
                }
            }
        }
    }

    private func accept(_ socket: Socket, _ handlers: Namespace.Handlers) {
        // While middleware ran, the client may have left, or the connection may have ended.
        guard socket.phase == .connecting, self.session.isOpen else { return }
        self.cancelConnectTimer()
        self.shard.local(socket.namespace).add(socket)
        self.shard.lock.withLock { socket.phase = .connected }
        if let recovery = self.core.recovery {
            self.finishRecovery(socket, recovery)
            if socket.recovered { self.shard.counters.recovered += 1 }
        }
        self.session.shard.log.joined(socket.id, socket.namespace.name, of: self.session)
        self.tell(.connected(id: socket.id, pid: socket.recovery?.pid), of: socket.namespace.name)
        self.run(handlers.connection, from: 0, socket)
    }

    func run(_ handlers: [Handler<Namespace.ConnectionHandler>], from start: Int, _ socket: Socket) {
        for index in start..<handlers.count {
            // An earlier handler may have disconnected the socket.
            guard socket.phase.isJoined else { return }
            switch handlers[index].body {
            case .sync(let handler):
                do { try handler(socket) } catch { return self.connectionFailed(socket, error) }
            case .async(let handler):
                let task = socket.state.tasks.begin()
                socket.startTask(task) {
                    do {
                        try await handler(socket)
                        socket.onLoop {
                            socket.endTask(task)
                            self.run(handlers, from: index + 1, socket)
                        }
                    } catch {
                        socket.onLoop { self.connectionFailed(socket, socket.endTask(task, failed: error)) }
                    }
                }
                return
            }
        }
        socket.state.isJoining = false
        socket.updateBusy()
        socket.drainWaiting()
    }

    /// A connection handler has thrown. The client has been told that it has joined; it is told that this is over.
    private func connectionFailed(_ socket: Socket, _ error: any Error) {
        guard socket.phase.isJoined else { return }
        if !(error is ConnectionRefused) {
            self.core.report(HandlerFailure(error: error, socket: socket, event: nil))
        }
        socket.disconnectNow(closingConnection: false)
    }

    private func refuse(_ socket: Socket, _ error: any Error) {
        guard socket.phase == .connecting, self.session.isOpen else { return }
        self.sockets.removeAll { $0 === socket }
        socket.disconnected(.serverNamespaceDisconnect)
        if let refusal = error as? ConnectionRefused {
            self.refuse(socket.namespace.name, message: refusal.message, data: refusal.data)
        } else {
            self.core.report(HandlerFailure(error: error, socket: socket, event: nil))
            self.refuse(socket.namespace.name, message: EventError.internalError.message)
        }
    }

    func refuse(_ namespace: String, message: String, data: (any Encodable & Sendable)? = nil) {
        self.revoke(namespace)
        self.tell(.refused(message: message, data: data), of: namespace)
    }

    /// Sends the client a packet about a namespace.
    func tell(_ packet: ControlPacket, of namespace: String) {
        do {
            try self.shard.withScratch { scratch in
                try self.core.codec.write(packet, of: namespace, into: &scratch)
                self.session.send(scratch, isBinary: self.core.codec.isBinary)
            }
        } catch {
            self.core.report(HandlerFailure(error: error, socket: nil, event: nil))
            // Only a refusal's data can fail to be encoded: send the refusal without the data.
            guard case .refused(let message, .some) = packet else { return }
            self.tell(.refused(message: message, data: nil), of: namespace)
        }
    }
}
