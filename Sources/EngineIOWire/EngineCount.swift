// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// The counts of the lossless session: how many messages one side has received (Protocol.md, section 4).
package enum EngineCount {
    /// The largest count, 2^53 - 1: the last integer that JavaScript's numbers hold exactly.
    package static let max = 9_007_199_254_740_991

    /// Reads a decimal count; nil for anything else: a sign, white space, a leading zero, an empty text, a number above
    /// ``max``.
    package static func parse(_ digits: some Sequence<UInt8>) -> Int? {
        var value = 0
        var length = 0
        for byte in digits {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), length == 0 || value > 0 else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
            length += 1
            guard value <= max else { return nil }
        }
        return length > 0 ? value : nil
    }

    /// Reads a decimal count from the bytes after a packet's type digit, the `<n>` of `6<n>`.
    package static func parse(_ buffer: ByteBuffer) -> Int? {
        parse(buffer.readableBytesView)
    }

    /// The count in the form that follows a packet's type digit.
    package static func buffer(_ count: Int) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeDecimal(count)
        return buffer
    }
}

extension ByteBuffer {
    /// Appends a number in decimal, without a String in between.
    package mutating func writeDecimal(_ value: Int) {
        // Twenty characters hold any integer.
        self.writeParts(expecting: 20) { $0.put(value) }
    }
}
