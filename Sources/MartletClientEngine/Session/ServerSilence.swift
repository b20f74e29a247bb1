// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The client's half of Engine.IO's heartbeat: the server pings, and a server that is silent for too long counts as gone.
struct ServerSilence {
    /// How long the server may be silent; `nil` before the session is open.
    var patience: TimeAmount?
    /// Until when the server may be silent; without a transport, until when at the latest it keeps the session.
    private(set) var deadline = NIODeadline.distantFuture
    /// Whether a ping waits for its answer.
    var isPinged = false

    /// The server was heard, or another transport came into use.
    mutating func heard(now: NIODeadline) {
        guard let patience = self.patience else { return }
        self.deadline = now + patience
    }

    /// No transport is in use, and no ping can come.
    /// - Parameter keep: how long the server keeps a session without a transport. It may notice the loss as late as the
    ///   client would.
    mutating func suspended(now: NIODeadline, keep: TimeAmount) {
        self.isPinged = false
        guard let patience = self.patience else { return }
        self.deadline = now + patience + keep
    }

    func isOver(now: NIODeadline) -> Bool { now >= self.deadline }
}
