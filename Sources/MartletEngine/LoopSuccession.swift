// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers
package import NIOCore

/// An event loop and, once it is about to end, the one that does in its place what is still asked for: a task that asks
/// a server for something after its end gets an answer.
package final class LoopSuccession: Sendable {
    private let eventLoop: any EventLoop
    private let successor = NIOLockedValueBox<Successor?>(nil)

    /// Makes the loop, always the same, when it is first needed.
    package typealias Successor = @Sendable () -> any EventLoop

    package init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// What is executed before this returns, the loop still does.
    package func hasSuccessor(_ successor: @escaping Successor) {
        self.successor.withLockedValue { $0 = successor }
    }

    /// Executes a function on the loop, or on its successor. Called on any thread.
    package func execute(_ body: @escaping @Sendable () -> Void) {
        // Under the lock: the loop has the task before it hears that it may end.
        self.successor.withLockedValue { successor in
            (successor?() ?? self.eventLoop).execute(body)
        }
    }
}
