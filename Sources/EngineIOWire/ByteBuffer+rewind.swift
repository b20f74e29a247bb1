// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

extension ByteBuffer {
    /// Forgets the bytes, so that the memory is used again. Unlike `clear()`, this does not check whether the memory is
    /// shared: the next write checks that anyway.
    @inlinable
    package mutating func rewind() {
        self.moveReaderIndex(to: 0)
        self.moveWriterIndex(to: 0)
    }
}
