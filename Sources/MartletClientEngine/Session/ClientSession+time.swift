// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// What a session does when its time has come.
extension ClientSession {
    func schedule(in delay: TimeAmount, _ body: @escaping (ClientSession) -> Void) -> Scheduled<Void> {
        self.eventLoop.assumeIsolated().scheduleTask(in: delay) { [weak self] in
            if let self { body(self) }
        }
    }

    /// Watches the server's silence. One timer looks again when its time has come: that of a heartbeat is not worth a
    /// timer of its own.
    func watchSilence() {
        self.silenceTimer?.cancel()
        guard self.silence.deadline < .distantFuture, self.current != nil else { return }
        self.silenceTimer = self.eventLoop.assumeIsolated().scheduleTask(deadline: self.silence.deadline) {
            [weak self] in
            self?.checkSilence()
            self?.watchSilence()
        }
    }

    /// Loses the transport if the server has been silent for too long.
    func checkSilence() {
        guard let current = self.current, self.silence.isOver(now: self.eventLoop.now) else { return }
        // What is not read proves nothing.
        if self.isReadingPaused { return self.silence.heard(now: self.eventLoop.now) }
        self.lost(
            current, SessionEndReason.pingTimeout,
            ClientError(.timeout, "nothing came from the server for longer than its ping interval and timeout"))
    }
}
