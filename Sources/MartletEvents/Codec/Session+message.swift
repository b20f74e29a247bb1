// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore

extension Session {
    /// Sends a message that a codec has written.
    @inline(__always)
    func send(_ message: ByteBuffer, isBinary: Bool) {
        // A call in each branch: a packet that is made before the call would be retained once more.
        if isBinary {
            self.send(.binary(message))
        } else {
            self.send(.text(message))
        }
    }
}
