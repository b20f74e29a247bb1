// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Tells when nothing has happened for a time. What happens costs no timer: the one that runs looks when it fires.
final class InactivityTimer {
    private let eventLoop: any EventLoop
    private var time: TimeAmount
    private var last = NIODeadline.now()
    private var timer: Scheduled<Void>?
    /// Whether nothing is expected to happen.
    var isPaused = false
    private var onExpiry: (() -> Void)?

    init(_ eventLoop: any EventLoop, _ time: TimeAmount, _ onExpiry: @escaping () -> Void) {
        self.eventLoop = eventLoop
        self.time = time
        self.onExpiry = onExpiry
        self.schedule(at: self.last + time)
    }

    /// Something has happened.
    func touch() { self.last = .now() }

    /// Begins anew with another time.
    func restart(_ time: TimeAmount) {
        self.last = .now()
        let isSooner = time < self.time
        self.time = time
        if isSooner { self.schedule(at: self.last + time) }
    }

    func cancel() {
        self.timer?.cancel()
        self.timer = nil
        self.onExpiry = nil
    }

    private func schedule(at deadline: NIODeadline) {
        self.timer?.cancel()
        self.timer = self.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.fired() }
    }

    private func fired() {
        let now = NIODeadline.now()
        if self.isPaused { self.last = now }
        if now < self.last + self.time { return self.schedule(at: self.last + self.time) }
        self.onExpiry.take()?()
    }
}
