// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers
package import NIOCore

/// One value for each event loop, made at the first access on behalf of that loop, and kept until the loops end.
package final class PerLoop<Value: Sendable>: Sendable {
    private let values = NIOLockedValueBox<[(eventLoop: any EventLoop, value: Value)]>([])
    private let make: @Sendable (_ eventLoop: any EventLoop, _ index: Int) -> Value

    /// - Parameter make: makes the value of an event loop; `index` counts the loops from 0.
    package init(_ make: @escaping @Sendable (_ eventLoop: any EventLoop, _ index: Int) -> Value) {
        self.make = make
    }

    /// The value of an event loop. Takes a lock: call this once a connection, not once a message.
    package subscript(eventLoop: any EventLoop) -> Value {
        self.values.withLockedValue { values in
            if let known = values.first(where: { $0.eventLoop === eventLoop }) { return known.value }
            let value = self.make(eventLoop, values.count)
            values.append((eventLoop, value))
            return value
        }
    }

    /// The value of the loop with this index, if there is one.
    package subscript(index: Int) -> Value? {
        self.values.withLockedValue { values in
            values.indices.contains(index) ? values[index].value : nil
        }
    }

    /// All values made so far.
    package var all: [Value] {
        self.values.withLockedValue { $0.map(\.value) }
    }

    /// The loops end: they are forgotten, and what was made for them.
    ///
    /// Each value is released on its loop, or after the loop's end: what the loop still does may be for it.
    package func loopsEnd() {
        var values = self.values.withLockedValue { exchange(&$0, with: []) }
        while let eventLoop = values.last?.eventLoop {
            let kept = Kept(values.removeLast().value)
            eventLoop.execute { kept.release() }
        }
    }

    /// The last reference to a value, so that no other thread is the last to hold it.
    ///
    /// `@unchecked Sendable`: handed over to the loop, and used there only.
    private final class Kept: @unchecked Sendable {
        private var value: Value?

        init(_ value: consuming Value) { self.value = value }

        func release() { self.value = nil }
    }
}
