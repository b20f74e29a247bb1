// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Events between the servers of a cluster. They concern no socket: an application tells its other servers something.
///
/// ```swift
/// io.onServerSideEvent("reload") { (section: String) in cache.reload(section) }
/// io.serverSideEmit("reload", "prices")  // all other servers of the cluster
/// ```
///
/// As in Socket.IO for Node, the server that emits does not receive its own event; without a cluster, nobody does. An
/// event belongs to a namespace, and reaches the servers that have that namespace.
///
/// Synchronous handlers are called in the order of the events of one server, on any thread, and must not block. Each
/// event with an asynchronous handler runs in a task of its own, and later events do not wait for it. Arguments and
/// answers are as in ``Socket``. Errors that handlers throw are reported to ``SocketIOServer/onError(_:)``.
extension BroadcastSource {
    /// Handles an event from another server.
    public func onServerSideEvent<each Argument: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) throws -> Void
    ) {
        self.add(event.name) { arguments in
            var index = 0
            try handler(repeat arguments.read((each Argument).self, at: &index))
            return nil
        }
    }

    /// Handles an event from another server, and answers with what the handler returns.
    public func onServerSideEvent<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) throws -> Reply
    ) {
        self.add(event.name) { arguments in
            var index = 0
            return try arguments.encode(try handler(repeat arguments.read((each Argument).self, at: &index)))
        }
    }

    /// Handles an event from another server asynchronously.
    public func onServerSideEvent<each Argument: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Void
    ) {
        self.addAsync(event.name) { arguments in
            var index = 0
            let values = (repeat try arguments.read((each Argument).self, at: &index))
            try await handler(repeat each values)
            return nil
        }
    }

    /// Handles an event from another server asynchronously, and answers with what the handler returns.
    public func onServerSideEvent<each Argument: Decodable & Sendable, Reply: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Reply
    ) {
        self.addAsync(event.name) { arguments in
            var index = 0
            let values = (repeat try arguments.read((each Argument).self, at: &index))
            return try arguments.encode(try await handler(repeat each values))
        }
    }

    private func add(
        _ event: String,
        _ body: @escaping @Sendable (ServerSideArguments) throws -> SocketArguments?
    ) {
        self.everyone.namespace.wholeServer.add(ServerSideListener(body: .sync(body)), event)
    }

    private func addAsync(
        _ event: String,
        _ body: @escaping @Sendable (ServerSideArguments) async throws -> SocketArguments?
    ) {
        self.everyone.namespace.wholeServer.add(ServerSideListener(body: .async(body)), event)
    }

    // MARK: Sending

    /// Sends an event to all other servers of the cluster.
    ///
    /// Arguments that cannot be encoded are reported to ``SocketIOServer/onError(_:)``, and nothing is sent.
    public func serverSideEmit<each Argument: Encodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument
    ) {
        let namespace = self.everyone.namespace
        let core = namespace.core
        do {
            let arguments = try JSONArguments(repeat each arguments, using: core.configuration.coder)
            guard let observer = core.observer else {
                return core.adapter.send(ServerSideEvent(event.name, arguments), in: namespace)
            }
            observer.broadcast(event.name, in: namespace) {
                let event = ServerSideEvent(event.name, arguments, traceContext: observer.traceContext)
                core.adapter.send(event, in: namespace)
            }
        } catch {
            core.report(HandlerFailure(error: error, socket: nil, event: event.name))
        }
    }

    /// Sends an event to all other servers of the cluster, and asks each for an answer.
    /// - Parameters:
    ///   - event: the event.
    ///   - arguments: the event's arguments.
    ///   - timeout: how long to wait for the answers. The wait ends when all servers have answered.
    ///   - type: `Reply` itself, where nothing else says it.
    /// - Returns: the answer of each other server, also of those that did not answer.
    /// - Throws: an `AcknowledgementError` when the arguments cannot be encoded; nothing was sent then.
    public func serverSideEmitWithAck<each Argument: Encodable & Sendable, Reply: Decodable & Sendable>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument,
        timeout: Duration = .seconds(5),
        as type: Reply.Type = Reply.self
    ) async throws -> [NodeAnswer<Reply>] {
        let namespace = self.everyone.namespace
        let core = namespace.core
        let question: ServerSideEvent
        do {
            let arguments = try JSONArguments(repeat each arguments, using: core.configuration.coder)
            question = ServerSideEvent(event.name, arguments, traceContext: core.observer?.traceContext)
        } catch {
            throw AcknowledgementError.notEncodable(error)
        }
        return await core.adapter.ask(question, in: namespace, timeout: timeout).map { node, answer in
            let reply = answer.result.flatMap { $0.reply(as: type, using: core.configuration.coder) }
            return NodeAnswer(nodeID: node, result: reply)
        }
    }
}

extension Namespace {
    /// An event came from another server.
    /// - Parameter answer: called once, with the answer.
    func received(_ event: ServerSideEvent, answer: @escaping @Sendable (ServerSideAnswer) -> Void) {
        let listeners = self.wholeServer.listeners(event.name)
        guard !listeners.isEmpty else { return answer(ServerSideAnswer(.failure(.unhandled))) }
        let arguments = ServerSideArguments(
            arguments: event.arguments.socketArguments, coder: self.core.configuration.coder)
        let core = self.core
        ServerSideListener.run(self.observed(listeners, of: event)[...], arguments) { outcome in
            for error in outcome.errors {
                core.report(HandlerFailure(error: error, socket: nil, event: event.name))
            }
            answer(outcome.answer)
        }
    }

    /// The handlers, each called by way of the server's observer, if there is one.
    private func observed(
        _ listeners: [ServerSideListener],
        of event: ServerSideEvent
    ) -> [ServerSideListener] {
        guard let observer = self.core.observer else { return listeners }
        return listeners.map { listener in
            switch listener.body {
            case .sync(let handler):
                ServerSideListener(
                    body: .sync { arguments in try observer.handle(event, in: self) { try handler(arguments) } })
            case .async(let handler):
                ServerSideListener(
                    body: .async { arguments in
                        try await observer.handle(event, in: self, suspending: { try await handler(arguments) })
                    })
            }
        }
    }
}
