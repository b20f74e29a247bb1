// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// What is wrong with the network between a visitor and the application. A member that is absent is in order.
public struct Faults: Codable, Sendable, Equatable {
    public enum Transport: String, Codable, Sendable {
        case websocket, sse, polling
    }

    public enum Upgrade: String, Codable, Sendable {
        case pass
        /// The Upgrade headers do not come through, as with an old proxy.
        case strip
    }

    /// What a proxy that buffers does: an answer of unknown length is held back until there is so much of it, or it has
    /// been held for so long.
    public struct Buffer: Codable, Sendable, Equatable {
        public var bytes: Int
        public var milliseconds: Int
    }

    /// Each connection is reset after a number of bytes, both ways together, that is drawn from a range.
    public struct Cut: Codable, Sendable, Equatable {
        public var afterBytes: [Int]
        /// The same seed draws the same numbers.
        public var seed: UInt64?
    }

    /// Answered with 502, and connections that carry one of these are reset.
    public var block: [Transport]?
    public var upgrade: Upgrade?
    public var buffer: Buffer?
    /// Milliseconds added, each way.
    public var delay: Int?
    /// Connections are open, and nothing comes through.
    public var stall: Bool?
    public var cut: Cut?

    public init() {}

    /// The same within bounds, and nil where there is no sense in it.
    public var sane: Faults? {
        var sane = self
        sane.delay = self.delay.map { $0.clamped(to: 0...Bounds.delay) }
        sane.buffer = self.buffer.map {
            Buffer(
                bytes: $0.bytes.clamped(to: 1...Bounds.bufferBytes),
                milliseconds: $0.milliseconds.clamped(to: 1...Bounds.bufferMilliseconds)
            )
        }
        if let cut = self.cut {
            guard cut.afterBytes.count == 2, cut.afterBytes[0] <= cut.afterBytes[1] else { return nil }
            sane.cut?.afterBytes = cut.afterBytes.map { $0.clamped(to: 1...Bounds.cutBytes) }
        }
        return sane
    }

    private enum Bounds {
        static let delay = 10_000
        static let bufferBytes = 1 << 20
        static let bufferMilliseconds = 60_000
        static let cutBytes = 1 << 30
    }
}

extension Int {
    fileprivate func clamped(to range: ClosedRange<Int>) -> Int {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
