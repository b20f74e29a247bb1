// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The client's half of Engine.IO's heartbeat: the server pings, and a server that is silent for too long counts as gone.
struct ServerSilence {
    private var interval = TimeAmount.zero
    private var timeout = TimeAmount.zero
    /// How long the server may be silent; `nil` before the session is open.
    private var patience: TimeAmount?
    /// Until when the server may be silent; without a transport, until when at the latest it keeps the session.
    private(set) var deadline = NIODeadline.distantFuture
    /// When a ping was answered last, or a transport came into use: the server begins a new interval then.
    private var answered = NIODeadline.distantPast
    /// Whether a ping waits for its answer.
    private(set) var isPinged = false

    /// The session is open.
    /// - Parameters:
    ///   - interval: between two pings.
    ///   - timeout: how long the server waits for the answer.
    mutating func begin(interval: TimeAmount, timeout: TimeAmount) {
        self.interval = interval
        self.timeout = timeout
        self.patience = interval + timeout
    }

    /// Another transport came into use.
    mutating func moved(now: NIODeadline) {
        self.answered = now
        self.heard(now: now)
    }

    /// The server was heard.
    mutating func heard(now: NIODeadline) {
        guard let patience = self.patience else { return }
        self.deadline = now + patience
    }

    mutating func pinged() { self.isPinged = true }

    /// - Returns: whether a ping waits for its answer, which the caller sends.
    mutating func answer(now: NIODeadline) -> Bool {
        guard self.isPinged else { return false }
        self.isPinged = false
        self.answered = now
        return true
    }

    /// No transport is in use, and no ping can come.
    /// - Parameter keep: how long the server keeps a session without a transport. It may notice the loss as late as the
    ///   client would.
    mutating func suspended(now: NIODeadline, keep: TimeAmount) {
        self.isPinged = false
        guard let patience = self.patience else { return }
        self.deadline = now + patience + keep
    }

    /// The server was asked for a sign of life.
    mutating func limit(to patience: TimeAmount, now: NIODeadline) {
        self.deadline = min(self.deadline, now + patience)
    }

    func isOver(now: NIODeadline) -> Bool { now >= self.deadline }

    // MARK: While the client does not read

    /// How often to look whether a ping is due.
    var unreadInterval: TimeAmount { max(.milliseconds(10), .nanoseconds(self.timeout.nanoseconds / 2)) }

    /// Whether a ping must have come by now, which the client has not read. With ``unreadInterval`` between two looks its
    /// answer is on time.
    func isPingDue(now: NIODeadline) -> Bool {
        now >= self.answered + self.interval + .nanoseconds(self.timeout.nanoseconds / 4)
    }
}
