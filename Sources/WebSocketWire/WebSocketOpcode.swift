// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// The kind of a frame (RFC 6455, 5.2). The reserved values 3–7 and 11–15 have no case: they are errors.
package enum WebSocketOpcode: UInt8, Sendable, Hashable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    /// Control frames are at most 125 bytes, never fragmented, and may come between the fragments of a message (5.5).
    package var isControl: Bool { rawValue & 0x8 != 0 }
}
