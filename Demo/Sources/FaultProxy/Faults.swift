// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The faults of the network between a visitor and the application. A member that is nil is no fault.
public struct Faults: Codable, Sendable, Equatable {
    public enum Transport: String, Codable, Sendable {
        case websocket, sse, polling
    }

    public enum Upgrade: String, Codable, Sendable {
        case pass
        /// The Upgrade headers are removed, as by an old proxy.
        case strip
    }

    /// A proxy that buffers: it holds back an answer of unknown length until it has this many bytes, or has waited for
    /// this long.
    public struct Buffer: Codable, Sendable, Equatable {
        public var bytes: Int
        public var milliseconds: Int
    }

    /// Each connection is reset after a number of bytes, both directions together. The number is drawn from a range.
    public struct Cut: Codable, Sendable, Equatable {
        public var afterBytes: [Int]
        /// The seed of the generator: the same seed draws the same numbers.
        public var seed: UInt64?
    }

    /// Requests of these transports are answered with 502, and connections that carry one of these transports are
    /// reset.
    public var block: [Transport]?
    public var upgrade: Upgrade?
    public var buffer: Buffer?
    /// Milliseconds by which each direction is delayed.
    public var delay: Int?
    /// Connections stay open, and nothing comes through.
    public var stall: Bool?
    public var cut: Cut?

    public init() {}

    /// The same faults, limited to sensible values; nil if they make no sense.
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
