// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Logging
import MartletClientEngine
import MartletEngine
import NIOCore
import NIOPosix

/// A session for a trial: what happens to it is asked for, one event after the other.
///
/// `@unchecked Sendable`: all but the constants is used on the event loop only.
final class TrialSession: ClientSessionHandler, @unchecked Sendable {
    enum Event: Sendable {
        case opened
        /// Nil: the transport is lost.
        case moved(TransportName?)
        /// A message, by its beginning.
        case text(String)
        case ended(SessionEndReason)
        /// Nothing has happened in time.
        case overdue
    }

    let eventLoop: any EventLoop
    private var session: ClientSession?
    private var events = CircularBuffer<Event>()
    private var waiting: EventLoopPromise<Event>?
    /// What is kept of messages, if nobody asks for them.
    private static let maxEvents = 256
    private static let maxText = 256
    /// How long the server may take to hear of the end.
    private static let patience = TimeAmount.seconds(2)

    init() { self.eventLoop = MultiThreadedEventLoopGroup.singleton.next() }

    /// Opens the session. Called once.
    func open(_ address: ServerAddress, _ configuration: ClientSessionConfiguration) async {
        try? await self.eventLoop.submit {
            let session = ClientSession(
                address, configuration: configuration, eventLoop: self.eventLoop, handler: self,
                logger: .init(label: "martlet.doctor"))
            self.session = session
            session.open()
        }.get()
    }

    /// What happens next; what has happened since the last call counts.
    func next(within limit: TimeAmount) async -> Event {
        let event = self.eventLoop.flatSubmit {
            if let event = self.events.popFirst() { return self.eventLoop.makeSucceededFuture(event) }
            let promise = self.eventLoop.makePromise(of: Event.self)
            self.waiting = promise
            let timer = self.eventLoop.assumeIsolated().scheduleTask(in: limit) { self.happened(.overdue) }
            promise.futureResult.assumeIsolated().whenComplete { _ in timer.cancel() }
            return promise.futureResult
        }
        return (try? await event.get()) ?? .overdue
    }

    private func happened(_ event: Event) {
        if let waiting = self.waiting.take() { return waiting.succeed(event) }
        if self.events.count < Self.maxEvents { self.events.append(event) }
    }

    func send(_ text: String) async {
        try? await self.eventLoop.submit { _ = self.session?.send(text: ByteBuffer(string: text)) }.get()
    }

    var isLossless: Bool {
        get async { (try? await self.eventLoop.submit { self.session?.isLossless ?? false }.get()) ?? false }
    }

    func switchTransport(to name: TransportName) async throws {
        try await self.eventLoop.flatSubmit {
            self.session?.switchTransport(to: name)
                ?? self.eventLoop.makeFailedFuture(ClientError(.unavailable, "there is no session"))
        }.get()
    }

    /// Ends the session.
    func close() async {
        try? await self.eventLoop.submit { self.session?.close() }.get()
        while true {
            switch await self.next(within: Self.patience) {
            case .ended, .overdue: return
            default: continue
            }
        }
    }

    // MARK: ClientSessionHandler

    func sessionOpened(_ session: ClientSession) { self.happened(.opened) }

    func session(_ session: ClientSession, receivedText text: ByteBuffer) {
        self.happened(.text(String(decoding: text.readableBytesView.prefix(Self.maxText), as: UTF8.self)))
    }

    func session(_ session: ClientSession, receivedBinary bytes: ByteBuffer) {}

    func session(_ session: ClientSession, movedTo transport: TransportName?) { self.happened(.moved(transport)) }

    func sessionDrained(_ session: ClientSession) {}

    func session(_ session: ClientSession, ended reason: SessionEndReason) {
        self.session = nil
        self.happened(.ended(reason))
    }
}
