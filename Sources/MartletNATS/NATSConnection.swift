// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import CMartletNATS
internal import DequeModule
internal import MartletEvents
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix

/// A connection of NATS's C client, whose calls may block: so all of them are made on one thread.
///
/// `@unchecked Sendable`: `options` and `handle` are used on `thread`, which is one thread, or in `deinit`.
final class NATSConnection: @unchecked Sendable {
    let reporter = NATSReporter()
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let configuration: NATSConfiguration
    private let options: OpaquePointer
    private var handle: OpaquePointer?
    private let state = NIOLockedValueBox(State())

    private struct State {
        var messages = Deque<(message: ByteBuffer, subject: String)>()
        var byteCount = 0
        var isPublishing = false
        var isClosed = false
        var subscriptions: [Int: NATSSubscription] = [:]
        var lastID = 0
    }

    init(url: String, configuration: NATSConfiguration) throws(NATSError) {
        self.configuration = configuration
        // The client finds out about a wrong scheme only when it connects.
        guard url.hasPrefix("nats://") || url.hasPrefix("tls://") else {
            throw NATSError(description: "'\(url)' is not the URL of a NATS server, such as nats://localhost:4222")
        }
        var options: OpaquePointer?
        let status = natsOptions_Create(&options)
        guard let options else { throw NATSError(status) }
        self.options = options
        let settings = [
            natsOptions_SetURL(options, url),
            natsOptions_SetName(options, configuration.clientName),
            natsOptions_SetTimeout(options, configuration.connectTimeout.milliseconds),
            natsOptions_SetPingInterval(options, configuration.keepAlive.milliseconds),
            natsOptions_SetMaxReconnect(options, -1),
            natsOptions_SetReconnectWait(options, configuration.retryDelay.milliseconds),
            natsOptions_SetReconnectJitter(
                options, configuration.retryDelay.milliseconds, configuration.retryDelay.milliseconds),
            natsOptions_SetReconnectBufSize(options, Int32(clamping: configuration.queueLimit)),
            // One thread calls all subscriptions, so that messages stay in order between channels too.
            natsOptions_UseGlobalMessageDelivery(options, true),
            natsOptions_SetNoEcho(options, false),
        ]
        if let failed = settings.first(where: { $0 != NATS_OK }) { throw NATSError(failed) }
        self.thread.start()
    }

    deinit { natsOptions_Destroy(self.options) }

    // MARK: The connection

    func open() { self.perform { $0.connect() } }

    private func perform(_ body: @escaping @Sendable (NATSConnection) -> Void) {
        self.thread.submit { state in if case .active = state { body(self) } }
    }

    private func connect() {
        guard self.handle == nil, !self.state.withLockedValue({ $0.isClosed }) else { return }
        // The callbacks outlive this object perhaps, and refer to one of their own.
        let callbacks = NATSCallbacks(self)
        callbacks.install(in: self.options)
        var handle: OpaquePointer?
        let status = natsConnection_Connect(&handle, self.options)
        guard status == NATS_OK || status == NATS_NOT_YET_CONNECTED, let handle else {
            callbacks.release()
            self.reporter.report(.disconnected(NATSError(status)))
            return self.connectLater()
        }
        self.handle = handle
        if status == NATS_OK { self.reporter.report(.connected) }
        for subscription in self.state.withLockedValue({ Array($0.subscriptions.values) }) {
            self.subscribe(subscription)
        }
        self.publishWaiting()
    }

    /// The client has given up, as it does when NATS does not accept the password.
    func lost(_ handle: OpaquePointer?) {
        let address = Int(bitPattern: handle)
        self.perform { connection in
            guard Int(bitPattern: connection.handle) == address else { return }
            connection.destroy()
            connection.connectLater()
        }
    }

    private func connectLater() {
        let delay = TimeAmount(self.configuration.retryDelay * Double.random(in: 1...2))
        MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: delay) { [weak self] in self?.open() }
    }

    private func destroy() {
        for subscription in self.state.withLockedValue({ Array($0.subscriptions.values) }) { subscription.end() }
        if let handle { natsConnection_Destroy(handle) }
        self.handle = nil
    }

    func close() async {
        await withCheckedContinuation { continuation in self.end { continuation.resume() } }
    }

    /// Publishes what waits, and closes the connection, in the background.
    func end(_ completion: @escaping @Sendable () -> Void = {}) {
        let isFirst = self.state.withLockedValue { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        guard isFirst else { return completion() }
        self.perform { connection in
            if let handle = connection.handle { natsConnection_FlushTimeout(handle, 1000) }
            connection.destroy()
            connection.state.withLockedValue { $0.subscriptions = [:] }
            connection.thread.shutdownGracefully { _ in completion() }
        }
    }

    // MARK: Messages

    func publish(_ message: ByteBuffer, to subject: String) {
        let count = message.readableBytes
        let error: NATSError? = self.state.withLockedValue { state in
            if state.isClosed { return NATSError(NATS_CONNECTION_CLOSED) }
            guard state.byteCount + count <= self.configuration.queueLimit else {
                return NATSError(NATS_INSUFFICIENT_BUFFER)
            }
            state.messages.append((message, subject))
            state.byteCount += count
            if !state.isPublishing {
                state.isPublishing = true
                self.perform { $0.publishWaiting() }
            }
            return nil
        }
        if let error { self.reporter.report(.dropped(bytes: count, error)) }
    }

    private func publishWaiting() {
        while let handle, let (message, subject) = self.next() {
            let status = message.withUnsafeReadableBytes {
                natsConnection_Publish(handle, subject, $0.baseAddress, Int32(clamping: $0.count))
            }
            if status != NATS_OK { self.reporter.report(.dropped(bytes: message.readableBytes, NATSError(status))) }
        }
    }

    private func next() -> (message: ByteBuffer, subject: String)? {
        self.state.withLockedValue { state in
            guard let first = state.messages.popFirst() else {
                state.isPublishing = false
                return nil
            }
            state.byteCount -= first.message.readableBytes
            return first
        }
    }

    // MARK: Subscriptions

    func subscribe(to subject: String, _ receive: @escaping @Sendable (ByteBuffer) -> Void) -> ClusterSubscription {
        let subscription = NATSSubscription(subject: subject, receive)
        let id = self.state.withLockedValue { state in
            state.lastID += 1
            state.subscriptions[state.lastID] = subscription
            return state.lastID
        }
        self.perform { $0.subscribe(subscription) }
        return ClusterSubscription { [weak self] in
            subscription.stop()
            guard self?.state.withLockedValue({ $0.subscriptions.removeValue(forKey: id) }) != nil else { return }
            self?.perform { _ in subscription.end() }
        }
    }

    private func subscribe(_ subscription: NATSSubscription) {
        guard let handle else { return }
        let status = subscription.begin(on: handle)
        if status != NATS_OK { self.reporter.report(.failed(NATSError(status))) }
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 { TimeAmount(self).nanoseconds / 1_000_000 }
}
