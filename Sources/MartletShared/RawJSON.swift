// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import SocketIOWire

/// An undecoded argument within another value, as it passes through ``JSONArgumentCoder``.
struct RawJSON: RawJSONConvertible {
    let json: ByteBuffer
    let attachments: [ByteBuffer]

    init(json: ByteBuffer, attachments: [ByteBuffer]) {
        // Copied: the text may be a slice of memory that is reused.
        self.json = ByteBuffer(bytes: json.readableBytesView)
        self.attachments = attachments
    }

    func write(into buffer: inout ByteBuffer, attachments: inout [ByteBuffer]) {
        SocketPacketWriter.rewritePlaceholders(
            self.json,
            attachmentCount: self.attachments.count,
            offset: attachments.count,
            into: &buffer
        )
        attachments += self.attachments
    }
}
