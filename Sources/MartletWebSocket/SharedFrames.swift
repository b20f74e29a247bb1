// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

/// The frames that many connections of a loop get, of one kind (plain, or compressed for one size of window), one
/// behind the other. What is sent to a connection in a turn is then a range of this memory, which is handed to the
/// network as it is, without a copy.
///
/// The ranges of all connections stand side by side until the end of the turn, so that sending touches little else:
/// each call of the kernel leaves the processor's caches to the next, and with thousands of connections what is not
/// touched is what counts.
final class SharedFrames: Flushable {
    private struct Delivery {
        /// Absent when the connection has taken its range back.
        var connection: WebSocketConnection?
        var host: (any WebSocketHost)?
        var range: Range<Int>
        var sent = 0
    }

    private let context: LoopContext
    // `@exclusivity(unchecked)`: see LoopContext.
    @exclusivity(unchecked) private var bytes = ByteBuffer()
    /// Grows when the bytes are given up, so that a message knows whether its frame is still among them.
    @exclusivity(unchecked) private var generation = 0
    @exclusivity(unchecked) private var deliveries: [Delivery] = []

    private static let maxIdleCapacity = 1 << 20
    private static let maxIdleDeliveries = 4096

    init(_ context: LoopContext) {
        self.context = context
    }

    /// Where a message's frame stands, which is written by `encode` for the first who asks.
    func range(
        of message: SharedMessage,
        as form: SharedMessage.Form,
        _ encode: (inout ByteBuffer) throws -> Void
    ) rethrows -> Range<Int> {
        if let place = message.place(of: form), place.generation == self.generation { return place.range }
        if self.deliveries.isEmpty, self.bytes.writerIndex > 0 { self.reset() }
        let start = self.bytes.writerIndex
        do {
            try encode(&self.bytes)
        } catch {
            self.bytes.moveWriterIndex(to: start)
            throw error
        }
        let range = start..<self.bytes.writerIndex
        message.setPlace(.init(generation: self.generation, range: range), of: form)
        return range
    }

    private func reset() {
        self.generation += 1
        if self.bytes.capacity > Self.maxIdleCapacity { self.bytes = ByteBuffer() } else { self.bytes.clear() }
    }

    /// The bytes of a range that was given last, or is being delivered.
    func slice(_ range: Range<Int>) -> ByteBuffer {
        self.bytes.getSlice(at: range.lowerBound, length: range.count) ?? ByteBuffer()
    }

    // MARK: Deliveries of this turn

    /// Sends a range to a connection at the end of the turn, unless it is taken back before.
    /// - Parameter host: the connection's, for which nothing waits to be sent.
    /// - Returns: the number of the delivery.
    func deliver(_ range: Range<Int>, to connection: WebSocketConnection, through host: any WebSocketHost) -> Int {
        if self.deliveries.isEmpty { self.context.setNeedsFlush(self) }
        self.deliveries.append(Delivery(connection: connection, host: host, range: range))
        return self.deliveries.count - 1
    }

    /// Adds a range to a delivery.
    /// - Returns: false when it does not follow what is there.
    func extend(_ delivery: Int, by range: Range<Int>) -> Bool {
        guard self.deliveries[delivery].range.upperBound == range.lowerBound else { return false }
        self.deliveries[delivery].range = self.deliveries[delivery].range.lowerBound..<range.upperBound
        return true
    }

    func byteCount(_ delivery: Int) -> Int {
        self.deliveries[delivery].range.count
    }

    /// The bytes of a delivery, which its connection sends itself now.
    func takeBack(_ delivery: Int) -> ByteBuffer {
        let range = self.deliveries[delivery].range
        self.deliveries[delivery] = Delivery(range: range.upperBound..<range.upperBound)
        return self.slice(range)
    }

    /// Nothing that is called here sends, or takes back, anything else.
    func flush() {
        self.bytes.withUnsafeReadableBytes { bytes in
            for index in self.deliveries.indices {
                guard let host = self.deliveries[index].host else { continue }
                self.deliveries[index].sent = host.sendAtOnce(
                    UnsafeRawBufferPointer(rebasing: bytes[self.deliveries[index].range])
                )
            }
        }
        for delivery in self.deliveries {
            delivery.connection?.delivered(rest: delivery.range.dropFirst(delivery.sent), of: self)
        }
        self.deliveries.removeAll(keepingCapacity: self.deliveries.count <= Self.maxIdleDeliveries)
    }
}
