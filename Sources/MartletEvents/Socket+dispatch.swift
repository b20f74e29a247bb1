// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import MartletEngine
internal import NIOCore
internal import SocketIOWire

/// The way from a packet to its handlers. All functions are called on the event loop.
extension Socket {
    /// An event came.
    func received(_ event: ReceivedPacket) {
        guard event.hasName else { return }
        self.shard.counters.received &+= 1
        // While waiting events are handled, reading may resume. Events that come then must wait behind all of them.
        if self.state.isBusy || self.state.isDraining {
            self.waiting.append(event.kept())
            self.connection.eventsWaiting(1, bytes: event.byteCount)
        } else {
            self.dispatch(event)
        }
    }

    private func dispatch(_ event: ReceivedPacket) {
        if self.state.listeners.others?.any.isEmpty == false || !self.sharedListeners.any.isEmpty {
            self.callAnyHandlers(event)
        }
        if self.sharedListeners.middleware.isEmpty, self.state.listeners.others?.middleware.isEmpty != false {
            self.callHandlers(event)
        } else {
            let middleware = self.sharedListeners.middleware + (self.state.listeners.others?.middleware ?? [])
            self.run(middleware, from: 0, event.name.string, event.arguments(from: 0, for: self), event)
        }
    }

    /// Calls middleware in turn, then the handlers.
    private func run(
        _ middleware: [EventMiddleware],
        from start: Int,
        _ name: String,
        _ arguments: SocketArguments,
        _ event: ReceivedPacket
    ) {
        for index in start..<middleware.count {
            guard self.phase.isJoined else { return }
            switch middleware[index] {
            case .sync(let body):
                do { try body(self, name, arguments) } catch { return self.fail(event, error) }
            case .async(let body):
                let event = event.kept()
                let task = self.state.tasks.begin()
                self.startTask(task) {
                    let failure: (any Error)?
                    do {
                        try await body(self, name, arguments)
                        failure = nil
                    } catch {
                        failure = error
                    }
                    self.onLoop {
                        if let failure {
                            self.fail(event, self.endTask(task, failed: failure))
                        } else {
                            self.endTask(task)
                            self.run(middleware, from: index + 1, name, arguments, event)
                        }
                        self.drainWaiting()
                    }
                }
                return
            }
        }
        if self.phase.isJoined { self.callHandlers(event) }
    }

    @inline(__always)
    private func callHandlers(_ event: ReceivedPacket) {
        let listeners = self.takeListeners(event.name)
        if !listeners.isEmpty { self.run(listeners, from: 0, event, isAnswered: false) }
    }

    /// The namespace's handlers, then this socket's. A new array is made only if there are both.
    private func takeListeners(_ name: EventName) -> [Listener] {
        let shared = self.sharedListeners[name]
        guard !self.state.listeners.events.isEmpty else { return shared }
        let own = self.state.listeners.take(name)
        return shared.isEmpty ? own : own.isEmpty ? shared : shared + own
    }

    /// Calls the handlers of one event in turn. An asynchronous handler makes the handlers after it, and all later
    /// events, wait.
    private func run(_ listeners: [Listener], from start: Int, _ event: ReceivedPacket, isAnswered: Bool) {
        var isAnswered = isAnswered
        for index in start..<listeners.count {
            // An earlier handler may have disconnected the socket.
            guard self.phase.isJoined else { return }
            switch listeners[index].body {
            case .sync(let handler):
                do {
                    let answers =
                        self.shard.observer == nil ? try handler(self, event) : try self.observed(handler, event)
                    if answers { isAnswered = true }
                } catch {
                    self.fail(event, error)
                    isAnswered = true
                }
            case .async(let handler):
                let handler = self.shard.observer == nil ? handler : self.observed(handler)
                let event = event.kept()
                let answered = isAnswered
                let task = self.state.tasks.begin()
                self.startTask(task) {
                    let answers: Bool
                    let failure: (any Error)?
                    do {
                        answers = try await handler(self, event)
                        failure = nil
                    } catch {
                        answers = true
                        failure = error
                    }
                    self.onLoop {
                        if let failure {
                            self.fail(event, self.endTask(task, failed: failure))
                        } else {
                            self.endTask(task)
                        }
                        self.run(listeners, from: index + 1, event, isAnswered: answered || answers)
                        self.drainWaiting()
                    }
                }
                return
            }
        }
        if !isAnswered, event.ackID != nil { self.acknowledge(event) }
    }

    /// Calls a handler by way of the observer. Not inlined, since few servers have one.
    @inline(never)
    private func observed(
        _ handler: (Socket, ReceivedPacket) throws -> Bool,
        _ event: ReceivedPacket
    ) throws -> Bool {
        guard let observer = self.shard.observer else { return try handler(self, event) }
        return try observer.handle(event.name.string, of: self) { try handler(self, event) }
    }

    @inline(never)
    private func observed(
        _ handler: @escaping @Sendable (Socket, ReceivedPacket) async throws -> Bool
    ) -> @Sendable (Socket, ReceivedPacket) async throws -> Bool {
        guard let observer = self.shard.observer else { return handler }
        return { socket, event in
            try await observer.handle(event.name.string, of: socket, suspending: { try await handler(socket, event) })
        }
    }

    /// Handles waiting events, until the handler of one of them suspends.
    func drainWaiting() {
        // An asynchronous handler that did not suspend calls this from within the loop below, which then continues by
        // itself.
        guard !self.state.isDraining else { return }
        self.state.isDraining = true
        while !self.state.isBusy, self.phase == .connected, let event = self.waiting.popFirst() {
            self.connection.eventsWaiting(-1, bytes: -event.byteCount)
            self.dispatch(event)
        }
        self.state.isDraining = false
    }

    /// Whether no event is handled or waits.
    var isIdle: Bool { !self.state.isJoining && self.state.tasks.count == 0 && self.waiting.isEmpty }

    func dropWaiting() {
        let bytes = self.waiting.reduce(0) { $0 + $1.byteCount }
        self.connection.eventsWaiting(-self.waiting.count, bytes: -bytes)
        self.waiting = []
    }

    // MARK: Acknowledging

    /// Acknowledges an event, if the client asked for it.
    @inlinable
    func acknowledge<Reply: Encodable & Sendable>(_ event: ReceivedPacket, with reply: Reply) throws {
        guard let packet = self.beginAnswer(to: event) else { return }
        packet.append(reply)
        try self.send(packet, .answer)
    }

    @usableFromInline
    func beginAnswer(to event: ReceivedPacket) -> OutgoingPacket? {
        guard let ackID = event.ackID else { return nil }
        return self.begin(.ack, ackID: ackID, nil, isVolatile: false)
    }

    private func acknowledge(_ event: ReceivedPacket) {
        // Without arguments nothing is encoded, so this cannot fail.
        try? self.acknowledge(event, with: SocketArguments())
    }

    /// A handler threw: tells the client, if it waits for an answer, and reports the error to the application.
    private func fail(_ event: ReceivedPacket, _ error: any Error) {
        // It was cancelled, as it should be.
        if self.phase == .disconnected, error is CancellationError { return }
        let told = error is HandlerTimedOut ? HandlerTimedOut.told : EventError(telling: error)
        do {
            try self.acknowledge(event, with: ErrorReply(told))
        } catch {
            // The error's data could not be encoded: answer without the data.
            try? self.acknowledge(event, with: ErrorReply(EventError(message: told.message, code: told.code)))
        }
        self.core.report(HandlerFailure(error: error, socket: self, event: event.name.string))
    }
}
