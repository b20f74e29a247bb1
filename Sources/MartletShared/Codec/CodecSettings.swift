// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// What a codec is made with.
package struct CodecSettings: Sendable {
    /// Turns arguments into JSON and back.
    package let coder: any ArgumentCoder
    /// How many binary attachments one received packet may have.
    package let maxAttachments: Int
    /// How many bytes all binary attachments of one received packet may have together.
    package let maxAttachmentBytes: Int

    package init(coder: any ArgumentCoder, maxAttachments: Int, maxAttachmentBytes: Int) {
        self.coder = coder
        self.maxAttachments = maxAttachments
        self.maxAttachmentBytes = maxAttachmentBytes
    }
}
