// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

extension ByteBuffer {
    package init(_ text: String) { self.init(string: text) }

    package var text: String { String(buffer: self) }

    /// The same bytes, in the middle of a larger buffer: what transports hand over.
    package var asSlice: ByteBuffer {
        var larger = ByteBuffer(string: "before")
        larger.writeImmutableBuffer(self)
        larger.writeString("after")
        return larger.getSlice(at: 6, length: self.readableBytes) ?? ByteBuffer()
    }
}
