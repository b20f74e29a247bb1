// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import Atomics
internal import NIOCore

/// A broadcast on its way over the event loops, each of which has a reference until it has done its part: when the last
/// reference is gone, the observer is told.
final class FanOut: Sendable {
    private let namespace: Namespace
    private let observer: any EventObserver
    private let start = NIODeadline.now()
    private let receivers = ManagedAtomic(0)

    init(in namespace: Namespace, observer: any EventObserver) {
        self.namespace = namespace
        self.observer = observer
    }

    /// A broadcast that has come through the cluster's journal; `nil` for anything else there.
    convenience init?(of entry: (namespace: Namespace, delivery: JournalDelivery), _ observer: any EventObserver) {
        guard case .broadcast = entry.delivery.action else { return nil }
        self.init(in: entry.namespace, observer: observer)
    }

    /// An event loop has given the event to the transports of so many receivers.
    func reached(_ count: Int) {
        self.receivers.wrappingIncrement(by: count, ordering: .relaxed)
    }

    deinit {
        self.observer.fannedOut(
            in: self.namespace.name,
            receivers: self.receivers.load(ordering: .relaxed),
            nanoseconds: (NIODeadline.now() - self.start).nanoseconds
        )
    }
}
