// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Metrics
internal import NIOConcurrencyHelpers
internal import NIOCore

/// How long handlers and broadcasts take.
final class EventMetrics: Sendable {
    private struct Key: Hashable {
        let namespace: String
        let event: String

        static let other = Key(namespace: NamespaceLabels.other, event: NamespaceLabels.other)

        var dimensions: [(String, String)] { [("namespace", self.namespace), ("event", self.event)] }
    }

    private struct Handler {
        let duration: Timer
        let failures: Counter
    }

    private struct Broadcast {
        let duration: Timer
        let receivers: Recorder
    }

    private struct State {
        var handlers: [Key: Handler] = [:]
        var broadcasts: [String: Broadcast] = [:]
    }

    /// How many events of namespaces have a series of their own. Only events that have a handler come here, but a handler
    /// may be set for a name that a client has given.
    private static let limit = 256

    private let factory: any MetricsFactory
    private let labels: NamespaceLabels
    private let state = NIOLockedValueBox(State())

    init(_ factory: any MetricsFactory, _ labels: NamespaceLabels) {
        self.factory = factory
        self.labels = labels
    }

    func handled(_ event: String, in namespace: String, since start: NIODeadline, failed: Bool) {
        let nanoseconds = (NIODeadline.now() - start).nanoseconds
        let handler = self.handler(event, in: self.labels[namespace])
        handler.duration.recordNanoseconds(nanoseconds)
        if failed { handler.failures.increment() }
    }

    func fannedOut(in namespace: String, receivers: Int, nanoseconds: Int64) {
        let broadcast = self.broadcast(in: self.labels[namespace])
        broadcast.duration.recordNanoseconds(nanoseconds)
        broadcast.receivers.record(receivers)
    }

    private func handler(_ event: String, in namespace: String) -> Handler {
        self.state.withLockedValue { state in
            var key = Key(namespace: namespace, event: event)
            if let handler = state.handlers[key] { return handler }
            if state.handlers.count >= Self.limit {
                key = .other
                if let handler = state.handlers[key] { return handler }
            }
            let handler = Handler(
                duration: Timer(
                    label: MetricName.handlerDuration, dimensions: key.dimensions, factory: self.factory),
                failures: Counter(
                    label: MetricName.handlerFailures, dimensions: key.dimensions, factory: self.factory)
            )
            state.handlers[key] = handler
            return handler
        }
    }

    private func broadcast(in namespace: String) -> Broadcast {
        self.state.withLockedValue { state in
            if let broadcast = state.broadcasts[namespace] { return broadcast }
            let dimensions = [("namespace", namespace)]
            let broadcast = Broadcast(
                duration: Timer(label: MetricName.broadcastDuration, dimensions: dimensions, factory: self.factory),
                receivers: Recorder(label: MetricName.broadcastReceivers, dimensions: dimensions, factory: self.factory)
            )
            state.broadcasts[namespace] = broadcast
            return broadcast
        }
    }
}
