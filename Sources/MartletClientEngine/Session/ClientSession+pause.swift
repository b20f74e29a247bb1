// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

/// Backpressure: an application that cannot keep up stops its session from reading.
///
/// The server does not know of it, and pings on. Since no ping is read, each is answered when it must have come. A server
/// ends a lossless session that polls and has had no GET for a while: one is made now and then, and messages that come
/// with it are left to a later one.
extension ClientSession {
    /// Takes no more messages, but for those that have come already, until ``resumeReading()``.
    package func pauseReading() {
        guard !self.isReadingPaused, self.phase != .over else { return }
        self.isReadingPaused = true
        self.current?.setReadingPaused(true)
        self.watchPause()
    }

    /// Takes messages again. Those that wait may come before this returns.
    package func resumeReading() {
        guard self.isReadingPaused else { return }
        self.isReadingPaused = false
        self.ignoresMessages = false
        self.pauseTimer?.cancel()
        self.pauseTimer = nil
        self.silence.heard(now: self.eventLoop.now)
        self.watchSilence()
        guard let current = self.current else { return }
        current.setReadingPaused(false)
        self.poll(current)
    }

    private func watchPause() {
        let keep = self.isLossless ? TimeAmount.nanoseconds(self.keep.nanoseconds / 2) : .seconds(3600)
        self.pauseTimer = self.schedule(in: max(.milliseconds(10), min(self.silence.unreadInterval, keep))) { session in
            session.stayAlive()
            session.watchPause()
        }
    }

    private func stayAlive() {
        guard let current = self.current else { return }
        if self.silence.isPingDue(now: self.eventLoop.now) {
            self.silence.pinged()
            self.flush()
        }
        if self.isLossless, self.mayPoll(current) { current.poll() }
    }

    /// Polling: asks for packets, if any may come.
    func poll(_ transport: any ClientTransport) {
        if !self.isReadingPaused, self.mayPoll(transport) { transport.poll() }
    }

    /// While an attach is under way no further messages are acknowledged: a GET would get the same ones again.
    private func mayPoll(_ transport: any ClientTransport) -> Bool {
        transport === self.current && !self.isAttaching && !self.phase.isClosing && !self.isUpgradeReady
    }
}
