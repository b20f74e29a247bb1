// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import MartletEngine
internal import MartletShared
internal import NIOCore
internal import SocketIOWire

/// The way from an event to its handlers. All functions are called on the event loop.
extension ClientSocket {
    func received(_ event: ReceivedEvent) {
        guard self.isBusy || self.isDraining else { return self.dispatch(event) }
        self.waiting.append(event.kept())
        self.manager.eventsWaiting(1, bytes: event.byteCount)
    }

    private func dispatch(_ event: ReceivedEvent) {
        if let watcher = self.manager.watcher {
            let packet = event.packet
            watcher(.event(packet.name.string, SocketArguments(packet), isQuestion: packet.ackID != nil))
        }
        if !self.listeners.any.isEmpty {
            let arguments = SocketArguments(event.packet)
            for handler in self.listeners.any { handler.body(event.packet.name.string, arguments) }
        }
        let listeners = self.listeners.take(event.packet.name)
        if !listeners.isEmpty { self.run(listeners[...], event, isAnswered: false) }
    }

    /// Calls the handlers of one event in turn. An asynchronous handler makes the handlers after it, and all later
    /// events, wait.
    private func run(_ listeners: ArraySlice<ClientListener>, _ event: ReceivedEvent, isAnswered: Bool) {
        guard let listener = listeners.first else {
            if !isAnswered { self.acknowledge(event, nil) }
            return
        }
        switch listener.body {
        case .sync(let handler):
            let isAnswered = self.finish(event, Result { try handler(event) }, isAnswered: isAnswered)
            self.run(listeners.dropFirst(), event, isAnswered: isAnswered)
        case .async(let handler):
            let event = event.kept()
            self.isBusy = true
            self.manager.executor.start {
                let result: Result<(any Encodable & Sendable)?, any Error>
                do {
                    result = .success(try await handler(event))
                } catch {
                    result = .failure(error)
                }
                self.manager.onLoop {
                    let isAnswered = self.finish(event, result, isAnswered: isAnswered)
                    self.isBusy = false
                    self.run(listeners.dropFirst(), event, isAnswered: isAnswered)
                    self.drainWaiting()
                }
            }
        }
    }

    /// - Returns: whether the event has its answer. It has no second one.
    private func finish(
        _ event: ReceivedEvent, _ result: Result<(any Encodable & Sendable)?, any Error>, isAnswered: Bool
    ) -> Bool {
        switch result {
        case .success(.none): return isAnswered
        case .success(.some(let reply)):
            if !isAnswered { self.acknowledge(event, reply) }
        case .failure(let error):
            if !isAnswered { self.acknowledge(event, ErrorReply(EventError(telling: error))) }
            self.manager.report(error, event.packet.name.string)
        }
        return true
    }

    private func drainWaiting() {
        // An asynchronous handler that did not suspend calls this from within the loop below.
        guard !self.isDraining else { return }
        self.isDraining = true
        while !self.isBusy, let event = self.waiting.popFirst() {
            self.manager.eventsWaiting(-1, bytes: -event.byteCount)
            self.dispatch(event)
        }
        self.isDraining = false
    }

    func dropWaiting() {
        let (count, bytes) = (self.waiting.count, self.waiting.reduce(0) { $0 + $1.byteCount })
        self.waiting = []
        self.manager.eventsWaiting(-count, bytes: -bytes)
    }

    /// Answers an event, if the server asked for it and the socket is connected still.
    private func acknowledge(_ event: ReceivedEvent, _ reply: (any Encodable & Sendable)?) {
        guard let id = event.packet.ackID, self.isConnected, event.join == self.joins else { return }
        let writer = self.manager.codec.makeWriter()
        writer.begin(.ack, of: self.namespace, ackID: id, nil)
        let packet = OutgoingPacket(writer: writer, isLoops: false)
        if let reply = reply as? SocketArguments {
            packet.append(reply)
        } else if let reply {
            packet.append(reply)
        }
        do {
            self.write(try writer.finish())
        } catch {
            self.manager.report(error, event.packet.name.string)
            self.acknowledge(event, ErrorReply(.internalError))
        }
    }
}
