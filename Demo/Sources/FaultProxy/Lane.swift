// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import NIOHTTP1

/// A part of what comes over a connection in one direction. A tunnel has bodies only.
package enum Part<Head: Sendable>: Sendable {
    case head(Head)
    case body(ByteBuffer)
    case end(HTTPHeaders?)
    /// Nothing more will come.
    case closed
}

/// One direction of a connection: parts that came in at one end wait here until they may go out at the other. A lane
/// decides which parts may go, and knows no sockets.
package struct Lane<Head: Sendable> {
    package enum Step {
        case pass(Part<Head>)
        case wait(until: NIODeadline)
        /// There is no part, or a fault holds all parts back.
        case nothing
    }

    /// From this number of waiting bytes on, the end from which they come is not read.
    package static var capacity: Int { 65_536 }
    /// The size in bytes at which a part without a body is counted.
    private static var nominalSize: Int { 256 }

    private var parts = CircularBuffer<(part: Part<Head>, arrival: NIODeadline)>(initialCapacity: 4)
    private var bytes = 0
    /// How many of the first parts are no longer held back by the buffer.
    private var released = 0
    /// Set while an answer passes that a buffering proxy holds back.
    package var buffer: Faults.Buffer?

    package init() {}

    package var isFull: Bool { self.bytes >= max(Self.capacity, self.buffer?.bytes ?? 0) }
    package var beginsWithHead: Bool { if case .head = self.parts.first?.part { true } else { false } }

    package mutating func push(_ part: Part<Head>, now: NIODeadline) {
        self.parts.append((part, now))
        self.bytes += Self.size(of: part)
    }

    /// The next part that may go out.
    package mutating func next(_ faults: Faults, now: NIODeadline) -> Step {
        guard let first = self.parts.first, faults.stall != true else { return .nothing }
        let due = first.arrival + .milliseconds(Int64(faults.delay ?? 0))
        guard due <= now else { return .wait(until: due) }
        if let buffer = self.buffer, self.released == 0, case .body = first.part {
            let due = first.arrival + .milliseconds(Int64(buffer.milliseconds))
            guard self.bytes >= buffer.bytes || self.isComplete || due <= now else { return .wait(until: due) }
            self.released = self.parts.count
        }
        self.released = max(0, self.released - 1)
        self.bytes -= Self.size(of: first.part)
        self.parts.removeFirst()
        return .pass(first.part)
    }

    private var isComplete: Bool {
        switch self.parts.last?.part {
        case .end, .closed: true
        default: false
        }
    }

    private static func size(of part: Part<Head>) -> Int {
        if case .body(let bytes) = part { bytes.readableBytes } else { Self.nominalSize }
    }
}
