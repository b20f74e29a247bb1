// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

/// Does one thing later, unless it is told to do another thing, or nothing. Used on one event loop.
final class ResettableTimer {
    private let timers: LoopTimers
    private var token: LoopTimers.Token?

    init(_ timers: LoopTimers) { self.timers = timers }

    func start(_ time: TimeAmount, _ body: @escaping () -> Void) {
        self.cancel()
        self.token = self.timers.schedule(after: time) {
            self.token = nil
            body()
        }
    }

    func cancel() {
        if let token = self.token.take() { self.timers.cancel(token) }
    }
}
