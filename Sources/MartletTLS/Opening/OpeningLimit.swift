// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

/// The time within which a connection has to show what it speaks. Used on the connection's event loop.
final class OpeningLimit {
    private let timers: LoopTimers
    private let cutOff: () -> Void
    private var token: LoopTimers.Token?
    private(set) var isOpen = false

    /// - Parameter cutOff: closes the connection without further words.
    init(_ timers: LoopTimers, cutOff: @escaping () -> Void) {
        self.timers = timers
        self.cutOff = cutOff
    }

    func begin(_ time: TimeAmount) {
        self.token = self.timers.schedule(after: time) {
            self.token = nil
            self.end()
        }
    }

    /// The connection has shown what it speaks.
    func opened() {
        self.isOpen = true
        self.cancel()
    }

    /// Closes the connection, unless it is open.
    func end() {
        if !self.isOpen { self.cutOff() }
    }

    /// The connection is open or gone.
    func cancel() {
        if let token = self.token.take() { self.timers.cancel(token) }
    }
}
