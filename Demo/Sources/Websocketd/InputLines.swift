// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOConcurrencyHelpers
internal import NIOCore

/// The lines that wait until a process reads them, for one task to take out.
struct InputLines: AsyncSequence, Sendable {
    /// What a line is counted as beyond its bytes: empty ones take memory, too.
    private static let overhead = 64

    private let lines: AsyncStream<[UInt8]>
    private let continuation: AsyncStream<[UInt8]>.Continuation
    private let waitingBytes = NIOLockedValueBox(0)
    private let limit: Int

    /// - Parameter limit: how many bytes may wait.
    init(limit: Int) {
        self.limit = limit
        (self.lines, self.continuation) = AsyncStream.makeStream()
    }

    /// - Returns: false if too much waits already; then the line is dropped.
    func append(_ text: ByteBuffer) -> Bool {
        let size = text.readableBytes + Self.overhead
        let fits = self.waitingBytes.withLockedValue { waiting in
            guard waiting + size <= self.limit else { return false }
            waiting += size
            return true
        }
        if fits { self.continuation.yield(Array(text.readableBytesView) + [UInt8(ascii: "\n")]) }
        return fits
    }

    /// The lines that still wait are the last ones. Later ones are dropped.
    func finish() {
        self.continuation.finish()
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(lines: self.lines.makeAsyncIterator(), waitingBytes: self.waitingBytes)
    }

    /// A line counts as waiting until the next one is asked for.
    struct Iterator: AsyncIteratorProtocol {
        fileprivate var lines: AsyncStream<[UInt8]>.Iterator
        fileprivate let waitingBytes: NIOLockedValueBox<Int>
        private var size = 0

        fileprivate init(lines: AsyncStream<[UInt8]>.Iterator, waitingBytes: NIOLockedValueBox<Int>) {
            self.lines = lines
            self.waitingBytes = waitingBytes
        }

        mutating func next() async -> [UInt8]? {
            self.waitingBytes.withLockedValue { $0 -= self.size }
            guard let line = await self.lines.next() else { return nil }
            self.size = line.count - 1 + InputLines.overhead
            return line
        }
    }
}
