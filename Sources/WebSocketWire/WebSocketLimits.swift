// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// How much of one message a peer can make the decoder hold.
package struct WebSocketLimits: Sendable, Hashable {
    /// The largest message, in bytes, all its fragments together and after inflating. Past it: close code 1009.
    package var maxMessageBytes: Int
    /// The most frames that a message may have. A fragment costs the decoder no memory, only time; the default leaves
    /// room for the 65,537 fragments of Autobahn's cases 9.3 and 9.4. Past it: close code 1008.
    package var maxFragments: Int

    package init(maxMessageBytes: Int = 1_000_000, maxFragments: Int = 100_000) {
        self.maxMessageBytes = maxMessageBytes
        self.maxFragments = maxFragments
    }

    /// The largest compressed message. Incompressible data grows a little when compressed: an honest peer needs less
    /// than an eighth more (zlib's `deflateBound`), plus the empty blocks of its flushes.
    var maxCompressedBytes: Int {
        let (sum, overflow) = maxMessageBytes.addingReportingOverflow(maxMessageBytes / 8 + 1024)
        return overflow ? .max : sum
    }
}
