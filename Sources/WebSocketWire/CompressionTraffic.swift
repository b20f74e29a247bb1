// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// How many bytes of compressed messages have come and gone, as they were on the wire and as they are without
/// compression. What frames add is not counted.
package struct CompressionTraffic: Sendable {
    package var compressedIn = 0
    package var plainIn = 0
    package var compressedOut = 0
    package var plainOut = 0

    package init() {}

    package mutating func add(_ other: CompressionTraffic) {
        self.compressedIn += other.compressedIn
        self.plainIn += other.plainIn
        self.compressedOut += other.compressedOut
        self.plainOut += other.plainOut
    }

    /// A message was sent.
    package mutating func sent(plain: Int, compressed: Int) {
        self.plainOut &+= plain
        self.compressedOut &+= compressed
    }

    /// A message was sent as a whole frame of so many bytes, without a mask: the header has 2 bytes, 4 for a payload of
    /// 126 bytes or more, 10 for one of 65,536 or more (RFC 6455, 5.2).
    package mutating func sent(plain: Int, frame: Int) {
        self.sent(plain: plain, compressed: frame - (frame < 128 ? 2 : frame < 65_540 ? 4 : 10))
    }
}
