// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// A packet on its way out: its text, with memory of its own, and the attachments that follow it. Its bytes are the same
/// for every receiver, on whichever server.
package struct EncodedPacket: Hashable, Sendable {
    package let text: ByteBuffer
    package let attachments: [ByteBuffer]

    package init(text: ByteBuffer, attachments: [ByteBuffer]) {
        self.text = text
        self.attachments = attachments
    }
}
