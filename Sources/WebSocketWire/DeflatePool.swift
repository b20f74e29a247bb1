// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Compression contexts of one event loop, lent for the length of a message.
///
/// Without context takeover a connection needs a context only while it compresses or inflates a message. So one or two
/// contexts, of up to 256 kB each, serve all connections of an event loop, and an idle connection has none. Confined to
/// its loop: not `Sendable`, no lock.
package final class DeflatePool {
    /// How many idle contexts of each kind are kept.
    private let capacity: Int
    private var inflaters: [InflateContext] = []
    private var deflaters: [DeflateContext] = []
    package var traffic = CompressionTraffic()

    /// - Parameter capacity: How many idle contexts to keep for each direction.
    package init(capacity: Int = 4) {
        self.capacity = capacity
    }

    /// Idle contexts, in both directions.
    package var idleCount: Int { inflaters.count + deflaters.count }

    /// Frees the idle contexts.
    package func releaseIdle() {
        inflaters.removeAll()
        deflaters.removeAll()
    }

    /// A context for any sender: a window of 15 bits also inflates messages that were compressed with a smaller one.
    func borrowInflater() throws(WebSocketError) -> InflateContext {
        if let context = inflaters.popLast() { return context }
        return try InflateContext(windowBits: 15)
    }

    func giveBack(_ context: InflateContext) {
        guard inflaters.count < capacity else { return }
        context.reset()
        inflaters.append(context)
    }

    func borrowDeflater(_ recipe: DeflateContext.Recipe) throws(WebSocketError) -> DeflateContext {
        guard let index = deflaters.lastIndex(where: { $0.recipe == recipe }) else { return try DeflateContext(recipe) }
        return deflaters.remove(at: index)
    }

    func giveBack(_ context: DeflateContext) {
        context.reset()
        deflaters.append(context)
        // Free the oldest context. If the new one were freed instead, contexts of recipes that nobody asks for would
        // stay in the pool for good.
        if deflaters.count > capacity { deflaters.removeFirst() }
    }
}
