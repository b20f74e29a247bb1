// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import MartletClientEngine
internal import MartletEngine
internal import MartletShared
internal import NIOCore
internal import SocketIOWire

/// This client in one namespace of the server: handles the server's events, and sends events to it.
///
/// Handlers run on the client's event loop, one at a time, in the order of the events. A call made by a handler acts at
/// once; a call from anywhere else is carried out on that loop a little later, and the calls of one thread stay in order.
///
/// `@unchecked Sendable`: all but the constants is used on the manager's event loop only.
public final class ClientSocket: @unchecked Sendable {
    typealias Auth = @Sendable () async throws -> any Encodable & Sendable

    /// The namespace's name, which begins with `/`.
    public let namespace: String
    let manager: ClientManager
    let auth: Auth?

    var state = ConnectionState.disconnected(nil)
    /// Whether the socket is connected, or wants to be.
    var isActive = false
    /// How many times the socket has asked to join, or has stopped to: an answer of `auth` belongs to one of them.
    var joins = 0
    /// Whether the server was asked on this connection to let the socket in, and has not answered.
    var isAsking = false
    /// What asks `auth`, or did so last. Cancelled when its answer is not needed any more.
    var authTask: Task<Void, Never>?
    private var waiters: [ObjectIdentifier: CheckedContinuation<Void, any Error>] = [:]
    var watchers: [Int: AsyncStream<ConnectionState>.Continuation] = [:]
    private var lastTicket = 0

    var listeners = ClientListeners()
    var isBusy = false
    var isDraining = false
    var waiting = Deque<ReceivedEvent>()

    /// The events that came before the server's word that the socket is let in, and their bytes.
    var early: [ReceivedEvent] = []
    var earlyBytes = 0

    var acknowledgements = ClientAcknowledgements()
    /// What is sent once the socket is connected.
    var unsent = UnsentEvents()
    /// The secret name with which the client may come back, and the last event that it has.
    var pid: String?
    var offset: String?

    init(_ namespace: String, _ auth: Auth?, _ manager: ClientManager) {
        self.namespace = namespace
        self.auth = auth
        self.manager = manager
    }

    var isConnected: Bool {
        if case .connected = self.state { true } else { false }
    }

    // MARK: On any thread

    /// Connects the socket, if it is not, and waits until it is. As long as the server cannot be reached, this goes on
    /// trying, and ``SocketIOClient/onError(_:)`` and the log tell why an attempt has failed; see
    /// ``SocketIOClientConfiguration/maxReconnectionAttempts``.
    /// - Throws: `ConnectionRefused` when the server refuses the socket; ``ConnectionFailed`` when no attempt is left, and
    ///   when the socket is disconnected meanwhile; what `auth` throws. When the task is cancelled, `CancellationError`;
    ///   if nobody else waits, the socket then stops trying.
    public func connect() async throws {
        let ticket = WaitTicket()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                self.manager.onLoop { self.wait(ticket, continuation) }
            }
        } onCancel: {
            self.manager.onLoop { self.cancel(ticket) }
        }
    }

    private func wait(_ ticket: WaitTicket, _ continuation: CheckedContinuation<Void, any Error>) {
        if ticket.isCancelled { return continuation.resume(throwing: CancellationError()) }
        if self.isConnected { return continuation.resume() }
        self.waiters[ObjectIdentifier(ticket)] = continuation
        guard !self.isActive else { return }
        self.isActive = true
        self.change(to: .connecting)
        self.manager.activate(self)
    }

    private func cancel(_ ticket: WaitTicket) {
        ticket.isCancelled = true
        guard let waiter = self.waiters.removeValue(forKey: ObjectIdentifier(ticket)) else { return }
        if self.waiters.isEmpty {
            self.leave()
            self.manager.deactivated()
        }
        waiter.resume(throwing: CancellationError())
    }

    /// Leaves the namespace. The socket may connect again.
    public func disconnect() {
        self.manager.onLoop {
            self.leave()
            self.manager.deactivated()
        }
    }

    /// The socket's state, then each that follows, until the client is closed. A task that is slow to ask gets the last 16
    /// of them.
    public var states: AsyncStream<ConnectionState> {
        AsyncStream(bufferingPolicy: .bufferingNewest(16)) { continuation in
            self.manager.onLoop {
                continuation.yield(self.state)
                if self.manager.isClosed { return continuation.finish() }
                self.lastTicket += 1
                let ticket = self.lastTicket
                self.watchers[ticket] = continuation
                continuation.onTermination = { _ in
                    self.manager.onLoop { self.watchers[ticket] = nil }
                }
            }
        }
    }

    // MARK: On the loop

    func change(to state: ConnectionState) {
        self.state = state
        for watcher in self.watchers.values { watcher.yield(state) }
        self.manager.watcher?(.state(state))
    }

    func resumeWaiters(_ result: Result<Void, any Error>) {
        let waiters = self.waiters.values
        self.waiters = [:]
        for waiter in waiters { waiter.resume(with: result) }
    }
}
